using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Gathers the devices of a file and of the files that it includes. Where a value is <c>!include other.yaml</c>, or a list
/// of such, its key is only a label and the devices of the other files take its place. Paths are relative to the file that
/// names them. A device that is given again replaces the earlier one, with a warning.
/// </summary>
internal sealed class DeviceIncludes(List<Reason> reasons)
{
    /// <summary>The tag of a value that names other files.</summary>
    public const string Tag = "!include";

    private const int MostFiles = 256;
    private readonly List<string> _open = [];
    private readonly List<string> _files = [];
    private readonly List<string> _warnings = [];
    private readonly List<YamlEntry> _entries = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    /// <summary>The devices, each with its place.</summary>
    public IReadOnlyList<YamlEntry> Entries => _entries;

    /// <summary>All files that were read, in order.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>What is no mistake and yet worth knowing.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads a file and what it includes.</summary>
    /// <param name="path">Its path.</param>
    public void Read(string path)
    {
        _open.Add(Path.GetFullPath(path));
        _files.Add(path);
        switch (SafeYaml.Read(path))
        {
            case { IsNull: true }:
                break;
            case YamlMap { Tag: null } map:
                foreach (var entry in map.Entries)
                {
                    Take(entry, path);
                }

                break;
            case var root:
                reasons.Add(DeviceEntryReader.Invalid(root, $"the file is {root.Kind}, expected a map of devices"));
                break;
        }

        _open.RemoveAt(_open.Count - 1);
    }

    private void Take(YamlEntry entry, string path)
    {
        if (IncludedBy(entry.Value) is { } includes)
        {
            foreach (var include in includes)
            {
                Include(include, path);
            }
        }
        else if (_places.TryGetValue(entry.Key, out var place))
        {
            _warnings.Add($"{entry.Mark}: {entry.Key} replaces the one of {_entries[place].Mark}");
            _entries[place] = entry;
        }
        else
        {
            _places.Add(entry.Key, _entries.Count);
            _entries.Add(entry);
        }
    }

    private static IReadOnlyList<YamlNode>? IncludedBy(YamlNode value) => value switch
    {
        YamlSequence { Tag: Tag } list => list.Items,
        { Tag: Tag } => [value],
        YamlSequence { Items: { Count: > 0 } items } when items.All(i => i.Tag == Tag) =>
            [.. items.SelectMany(i => IncludedBy(i)!)],
        _ => null,
    };

    private void Include(YamlNode node, string from)
    {
        if (node is not YamlScalar { Text.Length: > 0 } scalar || Path.IsPathRooted(scalar.Text))
        {
            reasons.Add(DeviceEntryReader.Invalid(node, $"{Tag} takes the path of a file relative to this one, or a list of such"));
            return;
        }

        var path = Path.Combine(Path.GetDirectoryName(from) ?? "", scalar.Text);
        var full = Path.GetFullPath(path);
        if (_open.IndexOf(full) is >= 0 and var first)
        {
            var circle = _open.Skip(first).Append(full).Select(f => Path.GetFileName(f));
            reasons.Add(DeviceEntryReader.Invalid(node, $"these files include each other in a circle: {string.Join(" → ", circle)}"));
            return;
        }

        if (_files.Count >= MostFiles)
        {
            reasons.Add(DeviceEntryReader.Invalid(node, $"more than {MostFiles} files are included"));
            return;
        }

        try
        {
            Read(path);
        }
        catch (RefusedException refused)
        {
            _open.Remove(full);
            reasons.AddRange(refused.Reasons.Select(r => r with { Message = $"{r.Message} (included at {node.Mark})" }));
        }
    }
}
