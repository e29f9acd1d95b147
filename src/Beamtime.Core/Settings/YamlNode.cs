namespace Beamtime.Core.Settings;

/// <summary>Where a value was given: a file with line and column from 1, a variable or an argument (line 0).</summary>
/// <param name="Source">The file's path, or what else gave the value.</param>
/// <param name="Line">Line from 1; 0 where the source has no lines.</param>
/// <param name="Column">Column from 1; 0 where the source has no lines.</param>
internal readonly record struct YamlMark(string Source, int Line = 0, int Column = 0)
{
    /// <summary>Source and line, without the column.</summary>
    public string SourceAndLine => Line > 0 ? $"{Source}:{Line}" : Source;

    /// <inheritdoc/>
    public override string ToString() => Line > 0 ? $"{Source}:{Line}:{Column}" : Source;
}

/// <summary>An immutable piece of configuration with the place it came from.</summary>
/// <param name="mark">Where it begins.</param>
/// <param name="tag">Its explicit tag such as <c>!!str</c>, resolved; null without one.</param>
internal abstract class YamlNode(YamlMark mark, string? tag)
{
    /// <summary>Where it begins.</summary>
    public YamlMark Mark { get; } = mark;

    /// <summary>Its explicit tag, or null.</summary>
    public string? Tag { get; } = tag;

    /// <summary>Whether this is YAML's null: nothing, <c>~</c> or <c>null</c>, unquoted.</summary>
    public virtual bool IsNull => false;

    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value, kept as the text that was written.</summary>
/// <param name="text">The text, unescaped.</param>
/// <param name="isPlain">Whether it was written without quotes.</param>
/// <param name="mark">Where it begins.</param>
/// <param name="tag">Its explicit tag, or null.</param>
internal sealed class YamlScalar(string text, bool isPlain, YamlMark mark, string? tag = null) : YamlNode(mark, tag)
{
    /// <summary>The text, unescaped.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it was written without quotes, so that <c>null</c>, <c>true</c> and <c>1</c> are not texts.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <inheritdoc/>
    public override bool IsNull => IsPlain && Tag is null && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : "a single value";

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A list of nodes.</summary>
/// <param name="items">The items in order.</param>
/// <param name="mark">Where it begins.</param>
/// <param name="tag">Its explicit tag, or null.</param>
internal sealed class YamlSequence(IReadOnlyList<YamlNode> items, YamlMark mark, string? tag = null)
    : YamlNode(mark, tag)
{
    /// <summary>The items in order.</summary>
    public IReadOnlyList<YamlNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Kind => "a list";
}

/// <summary>One key of a map with its value.</summary>
/// <param name="Key">The key's text.</param>
/// <param name="Value">Its value.</param>
/// <param name="Mark">Where the key stands.</param>
internal sealed record YamlEntry(string Key, YamlNode Value, YamlMark Mark);

/// <summary>A map with its keys in the order they were written.</summary>
internal sealed class YamlMap : YamlNode
{
    private readonly Dictionary<string, YamlEntry> _byKey;

    /// <summary>A map of these entries, whose keys differ.</summary>
    /// <param name="entries">The entries in order.</param>
    /// <param name="mark">Where it begins.</param>
    /// <param name="tag">Its explicit tag, or null.</param>
    public YamlMap(IReadOnlyList<YamlEntry> entries, YamlMark mark, string? tag = null)
        : base(mark, tag)
    {
        Entries = entries;
        _byKey = entries.ToDictionary(e => e.Key, StringComparer.Ordinal);
    }

    /// <summary>The entries in the order they were written.</summary>
    public IReadOnlyList<YamlEntry> Entries { get; }

    /// <inheritdoc/>
    public override string Kind => "a map";

    /// <summary>The entry of this key, or null.</summary>
    /// <param name="key">The key, in the case it was written.</param>
    public YamlEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The value of this key, or null.</summary>
    /// <param name="key">The key, in the case it was written.</param>
    public YamlNode? this[string key] => Find(key)?.Value;
}
