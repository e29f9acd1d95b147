using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace Beamtime.Core.Settings;

/// <summary>Writes the reference page of all settings from the options classes.</summary>
internal static class SettingsReference
{
    /// <summary>The page in Markdown.</summary>
    /// <param name="types">The options classes.</param>
    public static string Write(IEnumerable<Type> types)
    {
        StringBuilder page = new("""
            # Configuration

            Written by `make docs` from the options classes. A later source wins: the defaults below, the site's
            `beamtime.yaml`, the file of `--config` or `BEAMTIME_CONFIG_FILE`, variables, `--set section.key=value`.
            A variable is `BEAMTIME_<SECTION>_<KEY>`, with two underscores between nested keys; `BEAMPIPE_` is another name
            of the prefix. A duration is written with its unit (`200 ms`, `1.5 s`, `5 min`). An unknown key or variable
            stops the start. `beamtime config explain` prints every value in force and where it came from;
            `beamtime config schema` writes the [JSON Schema](schema) that is made of the same classes.

            Variables without a section:
            """);
        page.Append(' ').AppendJoin(", ", EnvironmentVariables.Fixed.Select(name => $"`{name}`")).Append(".\n");
        foreach (Type type in types.OrderBy(SettingsReader.SectionOf, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {SettingsReader.SectionOf(type)}\n\n");
            page.Append("| Key | Holds | Default | Meaning |\n|---|---|---|---|\n");
            Add(page, "", (RecordShape)SettingShape.Of(type), Activator.CreateInstance(type), depth: 0);
        }

        return page.ToString();
    }

    private static void Add(StringBuilder page, string path, RecordShape record, object? initial, int depth)
    {
        foreach (SettingProperty property in record.Properties)
        {
            string key = path + property.Key;
            object? value = initial is null ? null : property.Property.GetValue(initial);
            (RecordShape? inner, string innerPath, object? innerInitial) = property.Shape switch
            {
                RecordShape shape => (shape, $"{key}.", value ?? Activator.CreateInstance(shape.Type)),
                ListShape { Item: RecordShape shape } => (shape, $"{key}[].", Activator.CreateInstance(shape.Type)),
                MapShape { Value: RecordShape shape } => (shape, $"{key}.<name>.", Activator.CreateInstance(shape.Type)),
                _ => (null, "", null),
            };
            if (inner is null || depth > 4)
            {
                page.Append(Row(key, property, value));
                continue;
            }

            if (property.Shape is not RecordShape)
            {
                page.Append(Row(key, property, value));
            }

            Add(page, innerPath, inner, innerInitial, depth + 1);
        }
    }

    private static string Row(string key, SettingProperty property, object? value)
    {
        string unit = property.Unit is { } symbol ? $", {symbol}" : "";
        string range = property.Checks.OfType<RangeAttribute>().FirstOrDefault() is { } bounds
            ? $", {Bound(bounds, bounds.Minimum)} to {Bound(bounds, bounds.Maximum)}"
            : "";
        string fixedNames = property.Variables.Count == 0
            ? ""
            : $" Also set by {string.Join(", ", property.Variables.Select(v => $"`{v}`"))}.";
        string initial = property.IsRequired || property.Checks.Any(c => c is RequiredAttribute) ? "must be set"
            : EffectiveSettings.Text(value, property.IsSecret) is { Length: > 0 } text ? $"`{text}`"
            : "";
        string holds = property.IsSecret ? $"{property.Shape.Expected}, secret" : property.Shape.Expected;
        return $"| `{key}` | {holds}{unit}{range} | {initial} | {property.Description}{fixedNames} |\n";
    }

    // The attribute keeps the text that was written until it checks for the first time.
    private static string Bound(RangeAttribute range, object bound) => bound switch
    {
        TimeSpan duration => Duration.Format(duration),
        string text when range.OperandType == typeof(TimeSpan) && Duration.TryParse(text, out TimeSpan duration) =>
            Duration.Format(duration),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bound}"),
    };
}
