using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beamtime.Core.Settings;

/// <summary>Makes the schema of <c>beamtime.yaml</c> from the same options classes that read it.</summary>
internal static class SettingsSchema
{
    /// <summary>The schema.</summary>
    /// <param name="types">The options classes.</param>
    public static JsonObject Of(IEnumerable<Type> types) => SchemaWords.Document(
        "beamtime.yaml",
        SchemaWords.OrNothing(SchemaWords.Record(types
            .OrderBy(SettingsReader.SectionOf, StringComparer.Ordinal)
            .Select(t => (SettingsReader.SectionOf(t), SchemaWords.OrNothing(Of(SettingShape.Of(t), isPartial: true)))))));

    // A section may be given in parts, by several files: what must be set is only known once all are read.
    private static JsonObject Of(SettingShape shape, bool isPartial) => shape switch
    {
        RecordShape record => SchemaWords.Record(record.Properties.Select(p => (
            p.IsRequired && !isPartial ? p.Key + "!" : p.Key,
            Of(p)))),
        ListShape list => SchemaWords.List(Of(list.Item, isPartial: false)),
        MapShape map => SchemaWords.Map(Of(map.Value, isPartial: true)),
        ScalarShape scalar => OfScalar(scalar),
        _ => [],
    };

    private static JsonObject Of(SettingProperty property)
    {
        var schema = Of(property.Shape, isPartial: true);
        if (property.Checks.OfType<RangeAttribute>().FirstOrDefault() is { } range && range.OperandType != typeof(TimeSpan))
        {
            schema["minimum"] = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
            schema["maximum"] = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        }

        if (property.Checks.OfType<RegularExpressionAttribute>().FirstOrDefault() is { } form)
        {
            schema["pattern"] = form.Pattern;
        }

        var unit = property.Unit is { } symbol ? $" [{symbol}]" : "";
        SchemaWords.Meaning(schema, property.Description + unit);
        return SchemaWords.OrNothing(schema);
    }

    private static JsonObject OfScalar(ScalarShape scalar) =>
        scalar.Type.IsEnum ? OfNames([.. scalar.EnumNames()])
        : scalar.Type == typeof(bool) ? SchemaWords.OneOf(
            true, false, "true", "false", "yes", "no", "on", "off", 1, 0)
        : scalar.Type == typeof(int) || scalar.Type == typeof(long) ? SchemaWords.Number(isWhole: true)
        : scalar.Type == typeof(double) ? SchemaWords.Number()
        : scalar.Type == typeof(TimeSpan) ? SchemaWords.Time()
        : SchemaWords.Text();

    // The reader does not mind the case of names.
    private static JsonObject OfNames(string[] names) => SchemaWords.Choice(
        names.Concat(names.Select(n => JsonNamingPolicy.CamelCase.ConvertName(n))).Concat(names.Select(n => n.ToUpperInvariant()))
            .Distinct(StringComparer.Ordinal));
}
