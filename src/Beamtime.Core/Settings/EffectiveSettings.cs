using System.Collections;

namespace Beamtime.Core.Settings;

/// <summary>One line of <c>beamtime config explain</c>.</summary>
/// <param name="Key">The dotted key.</param>
/// <param name="Value">The value as text, or <c>***</c> for a secret that is set.</param>
/// <param name="Source">Where it was given, with the line in a file; <c>default</c> if nowhere.</param>
/// <param name="Default">The value it has when it is given nowhere.</param>
/// <param name="Description">What it means.</param>
/// <param name="Unit">Its unit, or null.</param>
internal sealed record SettingRow(
    string Key, string Value, string Source, string Default, string Description, string? Unit);

/// <summary>The settings in force: one options record a section, and where every value came from.</summary>
/// <param name="sections">The options records by section.</param>
/// <param name="origins">Where each given value came from, by dotted key.</param>
internal sealed class EffectiveSettings(
    IReadOnlyDictionary<string, object> sections, IReadOnlyDictionary<string, YamlMark> origins)
{
    private const string Hidden = "***";

    /// <summary>The options records by section.</summary>
    public IReadOnlyDictionary<string, object> Sections { get; } = sections;

    /// <summary>The options of one class.</summary>
    /// <typeparam name="T">The options class, marked with <see cref="SettingsSectionAttribute"/>.</typeparam>
    public T Get<T>()
        where T : class => (T)Sections[SettingsReader.SectionOf(typeof(T))];

    /// <summary>Every setting with its value, source and default, in the order of sections and declarations.</summary>
    public IReadOnlyList<SettingRow> Explain()
    {
        List<SettingRow> rows = [];
        foreach ((string section, object value) in Sections.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            Add(rows, section, value, Activator.CreateInstance(value.GetType()), SettingShape.Of(value.GetType()), null);
        }

        return rows;
    }

    /// <summary>Writes a value as <c>config explain</c> shows it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isSecret">Whether it is hidden when it is set.</param>
    public static string Text(object? value, bool isSecret) => value switch
    {
        null or "" => "",
        _ when isSecret => Hidden,
        string text => text,
        YamlScalar scalar => scalar.Text,
        YamlSequence list => $"[{string.Join(", ", list.Items.Select(i => Text(i, isSecret)))}]",
        YamlMap map => $"{{{string.Join(", ", map.Entries.Select(e => $"{e.Key}: {Text(e.Value, isSecret)}"))}}}",
        IDictionary { Count: 0 } => "{}",
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(k => $"{k}: {Text(map[k], isSecret)}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(i => Text(i, isSecret)))}]",
        _ => ScalarShape.Format(value),
    };

    private void Add(
        List<SettingRow> rows, string key, object? value, object? initial, SettingShape shape, SettingProperty? property)
    {
        bool isSecret = property?.IsSecret ?? false;
        switch (shape, value)
        {
            case (RecordShape record, not null):
                foreach (SettingProperty next in record.Properties)
                {
                    object? before = initial is null ? null : next.Property.GetValue(initial);
                    Add(rows, $"{key}.{next.Key}", next.Property.GetValue(value), before, next.Shape, next);
                }

                break;
            case (ListShape { Item: RecordShape item } list, IList { Count: > 0 } items):
                for (int i = 0; i < items.Count; i++)
                {
                    Add(rows, $"{key}[{i}]", items[i], Activator.CreateInstance(list.ItemType), item, property);
                }

                break;
            case (MapShape map, IDictionary { Count: > 0 } entries):
                foreach (string name in entries.Keys)
                {
                    object? before = map.Value is RecordShape ? Activator.CreateInstance(map.ValueType) : null;
                    Add(rows, $"{key}.{name}", entries[name], before, map.Value, property);
                }

                break;
            default:
                string source = origins.TryGetValue(key, out YamlMark mark) ? mark.SourceAndLine : "default";
                rows.Add(new SettingRow(
                    key, Text(value, isSecret), source, Text(initial, isSecret), property?.Description ?? "", property?.Unit));
                break;
        }
    }
}
