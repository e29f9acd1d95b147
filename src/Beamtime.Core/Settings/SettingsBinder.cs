using System.Collections;
using System.ComponentModel.DataAnnotations;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>Makes options of nodes and collects every reason against them, so that all are told at once.</summary>
/// <param name="reasons">Takes the reasons.</param>
internal sealed class SettingsBinder(ICollection<Reason> reasons)
{
    /// <summary>Where each value came from, by its dotted key.</summary>
    public Dictionary<string, YamlMark> Origins { get; } = new(StringComparer.Ordinal);

    /// <summary>Reports every key of a node that its shape does not know.</summary>
    /// <param name="node">The node.</param>
    /// <param name="shape">The shape it is meant for.</param>
    /// <param name="path">The node's dotted key.</param>
    public void CheckKeys(YamlNode node, SettingShape shape, string path)
    {
        switch (shape, node)
        {
            case (RecordShape record, YamlMap map):
                foreach (YamlEntry entry in map.Entries)
                {
                    if (record.Find(entry.Key) is { } property)
                    {
                        CheckKeys(entry.Value, property.Shape, Join(path, entry.Key));
                    }
                    else
                    {
                        reasons.Add(UnknownKey(entry, path, record.Properties.Select(p => p.Key)));
                    }
                }

                break;
            case (MapShape shaped, YamlMap map):
                foreach (YamlEntry entry in map.Entries)
                {
                    CheckKeys(entry.Value, shaped.Value, Join(path, entry.Key));
                }

                break;
            case (ListShape list, YamlSequence sequence):
                for (int i = 0; i < sequence.Items.Count; i++)
                {
                    CheckKeys(sequence.Items[i], list.Item, $"{path}[{i}]");
                }

                break;
        }
    }

    /// <summary>The reason against a key that is not known.</summary>
    /// <param name="entry">The key.</param>
    /// <param name="path">The dotted key of the map it stands in; empty at the root.</param>
    /// <param name="known">The keys that may stand there.</param>
    /// <param name="what">What the key is called.</param>
    public static Reason UnknownKey(YamlEntry entry, string path, IEnumerable<string> known, string what = "key") =>
        SettingsErrors.UnknownKey.Because(
            $"{entry.Mark}: unknown {what} '{Join(path, entry.Key)}'{NearestName.Question(entry.Key, known)}");

    /// <summary>Makes a record; what a node does not give keeps its default.</summary>
    /// <param name="node">The node, or null for the defaults.</param>
    /// <param name="shape">The record's shape.</param>
    /// <param name="path">The record's dotted key.</param>
    public object BindRecord(YamlNode? node, RecordShape shape, string path)
    {
        object record = Activator.CreateInstance(shape.Type)!;
        if (node is not (null or YamlMap) and { IsNull: false })
        {
            Refuse(node, path, shape);
        }

        YamlMap? map = node as YamlMap;
        HashSet<string> broken = [];
        foreach (SettingProperty property in shape.Properties)
        {
            string key = Join(path, property.Key);
            if (map?[property.Key] is { } given)
            {
                int before = reasons.Count;
                object? value = Bind(given, property.Shape, key, property);
                if (reasons.Count > before)
                {
                    broken.Add(property.Key);
                }
                else
                {
                    property.Property.SetValue(record, value);
                }
            }
            else if (property.IsRequired)
            {
                reasons.Add(SettingsErrors.MissingValue.Because($"{Place(node)}'{key}' must be set: {property.Description}"));
                broken.Add(property.Key);
            }
        }

        Validate(record, shape, node, path, broken);
        return record;
    }

    private object? Bind(YamlNode node, SettingShape shape, string path, SettingProperty property)
    {
        Origins[path] = node.Mark;
        if (node.IsNull && shape is not FreeShape)
        {
            if (property.IsNullable)
            {
                return null;
            }

            if (shape is ScalarShape)
            {
                return Refuse(node, path, shape, property);
            }
        }

        switch (shape, node)
        {
            case (FreeShape, _):
                return node;
            case (ScalarShape scalar, YamlScalar text):
                return scalar.TryRead(text.Text, out object? value) ? value : Refuse(node, path, shape, property);
            case (RecordShape record, YamlMap or { IsNull: true }):
                return BindRecord(node, record, path);
            case (ListShape list, YamlSequence or { IsNull: true }):
                return BindList(node, list, path, property);
            case (MapShape map, YamlMap or { IsNull: true }):
                return BindMap(node, map, path, property);
            default:
                return Refuse(node, path, shape, property);
        }
    }

    private object BindList(YamlNode node, ListShape shape, string path, SettingProperty property)
    {
        IReadOnlyList<YamlNode> items = node is YamlSequence sequence ? sequence.Items : [];
        Array array = Array.CreateInstance(shape.ItemType, items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            array.SetValue(Bind(items[i], shape.Item, $"{path}[{i}]", property), i);
        }

        return shape.Type.IsArray ? array : Activator.CreateInstance(typeof(List<>).MakeGenericType(shape.ItemType), array)!;
    }

    private object BindMap(YamlNode node, MapShape shape, string path, SettingProperty property)
    {
        Type type = typeof(Dictionary<,>).MakeGenericType(typeof(string), shape.ValueType);
        IDictionary map = (IDictionary)Activator.CreateInstance(type)!;
        foreach (YamlEntry entry in (node as YamlMap)?.Entries ?? [])
        {
            // What was refused has no value, and a map of numbers or names takes none.
            if (Bind(entry.Value, shape.Value, Join(path, entry.Key), property) is { } value)
            {
                map[entry.Key] = value;
            }
        }

        return map;
    }

    private void Validate(object record, RecordShape shape, YamlNode? node, string path, HashSet<string> broken)
    {
        foreach (SettingProperty property in shape.Properties.Where(p => !broken.Contains(p.Key)))
        {
            object? value = property.Property.GetValue(record);
            string key = Join(path, property.Key);
            ValidationContext context = new(record) { MemberName = property.Property.Name, DisplayName = key };
            foreach (ValidationAttribute check in property.Checks)
            {
                if (check.GetValidationResult(value, context) is { } found)
                {
                    ErrorCode code = check is RequiredAttribute ? SettingsErrors.MissingValue : SettingsErrors.InvalidValue;
                    string is_ = property.IsSecret || value is null or "" ? "" : $" (it is {ScalarShape.Format(value)})";
                    reasons.Add(code.Because($"{Place((node as YamlMap)?[property.Key])}{found.ErrorMessage}{is_}"));
                }
            }
        }

        if (record is IValidatableObject whole && broken.Count == 0)
        {
            foreach (ValidationResult found in whole.Validate(new ValidationContext(record) { DisplayName = path }))
            {
                reasons.Add(SettingsErrors.InvalidValue.Because($"{Place(node)}{path}: {found.ErrorMessage}"));
            }
        }
    }

    private object? Refuse(YamlNode node, string path, SettingShape shape, SettingProperty? property = null)
    {
        string shown = property is { IsSecret: true } ? "a secret that cannot be read"
            : node is YamlScalar { IsNull: false } scalar ? $"'{scalar.Text}'"
            : node.Kind;
        string nearest = shape is ScalarShape { Type.IsEnum: true } names && node is YamlScalar text
            ? NearestName.Question(text.Text, names.EnumNames())
            : "";
        reasons.Add(SettingsErrors.InvalidValue.Because($"{Place(node)}'{path}' is {shown}, expected {shape.Expected}{nearest}"));
        return null;
    }

    internal static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Place(YamlNode? node) => node is null ? "" : $"{node.Mark}: ";
}
