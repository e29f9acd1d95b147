using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Beamtime.Core.Settings;

/// <summary>Builds the tree of one document from the parser's events without recursion, within the bounds of <see cref="SafeYaml"/>.</summary>
/// <param name="source">What to call the document in messages and marks.</param>
internal sealed class YamlTreeBuilder(string source)
{
    private readonly Stack<Frame> _open = new();
    private readonly Dictionary<string, Anchored> _anchors = new(StringComparer.Ordinal);
    private int _documents;
    private long _events;
    private long _nodes;

    /// <summary>The document's root, once its events were taken.</summary>
    public YamlNode? Root { get; private set; }

    /// <summary>Takes the next event.</summary>
    /// <param name="parsed">The parser's event.</param>
    public void Take(ParsingEvent parsed)
    {
        YamlMark mark = MarkOf(source, parsed.Start);
        if (++_events > SafeYaml.MaximumEvents)
        {
            throw SafeYaml.Refusal(YamlErrors.Size, mark, $"has more than {SafeYaml.MaximumEvents} entries");
        }

        switch (parsed)
        {
            case DocumentStart when ++_documents > 1:
                throw SafeYaml.Refusal(YamlErrors.Documents, mark, "a second document begins");
            case Scalar scalar:
                bool isPlain = scalar.Style is ScalarStyle.Plain;
                Add(new YamlScalar(scalar.Value, isPlain, mark, TagOf(scalar)), AnchorOf(scalar), nodes: 1, depth: 0, mark);
                break;
            case SequenceStart or MappingStart:
                Open((NodeEvent)parsed, mark);
                break;
            case SequenceEnd or MappingEnd:
                Close();
                break;
            case AnchorAlias alias:
                Follow(alias.Value.Value, mark);
                break;
        }
    }

    /// <summary>The parser's mark as ours.</summary>
    /// <param name="source">What to call the document.</param>
    /// <param name="mark">The parser's mark.</param>
    public static YamlMark MarkOf(string source, Mark mark) => new(source, (int)mark.Line, (int)mark.Column);

    private static string? TagOf(NodeEvent node) => node.Tag.IsEmpty ? null : node.Tag.IsNonSpecific ? "!" : node.Tag.Value;

    private static string? AnchorOf(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

    private void Open(NodeEvent start, YamlMark mark)
    {
        if (_open.Count >= SafeYaml.MaximumDepth)
        {
            throw SafeYaml.Refusal(YamlErrors.Depth, mark, $"is nested more than {SafeYaml.MaximumDepth} levels deep");
        }

        _open.Push(new Frame(start is MappingStart, mark, TagOf(start), AnchorOf(start), _nodes));
    }

    private void Close()
    {
        Frame frame = _open.Pop();
        YamlNode node = frame.IsMap
            ? new YamlMap(frame.Entries, frame.Mark, frame.Tag)
            : new YamlSequence(frame.Items, frame.Mark, frame.Tag);
        Add(node, frame.Anchor, nodes: 1, frame.Depth, frame.Mark, since: frame.NodesBefore);
    }

    private void Follow(string anchor, YamlMark mark)
    {
        if (!_anchors.TryGetValue(anchor, out Anchored? anchored))
        {
            throw SafeYaml.Refusal(YamlErrors.Alias, mark, $"*{anchor} is not defined before this place");
        }

        if (_open.Count + anchored.Depth > SafeYaml.MaximumDepth)
        {
            throw SafeYaml.Refusal(
                YamlErrors.Depth, mark, $"*{anchor} makes it more than {SafeYaml.MaximumDepth} levels deep");
        }

        Add(anchored.Node, anchor: null, anchored.Nodes, anchored.Depth, mark);
    }

    private void Add(YamlNode node, string? anchor, long nodes, int depth, YamlMark mark, long? since = null)
    {
        _nodes += nodes;
        if (_nodes > SafeYaml.MaximumEvents)
        {
            throw SafeYaml.Refusal(
                YamlErrors.Size, mark, $"has more than {SafeYaml.MaximumEvents} entries when its aliases are followed");
        }

        if (anchor is not null)
        {
            _anchors[anchor] = new Anchored(node, _nodes - (since ?? _nodes - nodes), depth);
        }

        if (!_open.TryPeek(out Frame? parent))
        {
            Root = node;
            return;
        }

        parent.Depth = Math.Max(parent.Depth, depth + 1);
        if (parent.IsMap)
        {
            parent.AddToMap(node, mark);
        }
        else
        {
            parent.Items.Add(node);
        }
    }

    private sealed record Anchored(YamlNode Node, long Nodes, int Depth);

    private sealed class Frame(bool isMap, YamlMark mark, string? tag, string? anchor, long nodesBefore)
    {
        private readonly Dictionary<string, YamlMark> _keys = new(StringComparer.Ordinal);
        private (string Text, YamlMark Mark)? _key;

        public bool IsMap { get; } = isMap;

        public YamlMark Mark { get; } = mark;

        public string? Tag { get; } = tag;

        public string? Anchor { get; } = anchor;

        public long NodesBefore { get; } = nodesBefore;

        /// <summary>Levels from here down to the deepest leaf, this one included.</summary>
        public int Depth { get; set; } = 1;

        public List<YamlNode> Items { get; } = [];

        public List<YamlEntry> Entries { get; } = [];

        public void AddToMap(YamlNode node, YamlMark mark)
        {
            if (_key is { } key)
            {
                Entries.Add(new YamlEntry(key.Text, node, key.Mark));
                _key = null;
                return;
            }

            if (node is not YamlScalar scalar)
            {
                throw SafeYaml.Refusal(YamlErrors.KeyShape, mark, $"{node.Kind} stands where a key is expected");
            }

            if (!_keys.TryAdd(scalar.Text, mark))
            {
                YamlMark first = _keys[scalar.Text];
                throw SafeYaml.Refusal(
                    YamlErrors.DuplicateKey, mark, $"the key '{scalar.Text}' was already given in line {first.Line}");
            }

            _key = (scalar.Text, mark);
        }
    }
}
