using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Ledger;

/// <summary>
/// How a domain's entries are written and read: a permanent name and a version for each type. Fields are only added; a
/// break is a new version, and the old one stays readable through an upcaster.
/// </summary>
/// <typeparam name="TEntry">The domain's family of entries.</typeparam>
internal sealed class EntryTypes<TEntry>
    where TEntry : class
{
    private readonly Dictionary<(string Type, int Version), Func<string, TEntry>> _readers = [];
    private readonly Dictionary<Type, (string Type, short Version, Func<TEntry, string> Write)> _writers = [];

    /// <summary>Every type and version that can be read, for the frozen samples.</summary>
    public IEnumerable<(string Type, int Version)> Known => _readers.Keys;

    /// <summary>A type as it is written now.</summary>
    public EntryTypes<TEntry> Add<T>(string type, short version, JsonTypeInfo<T> json)
        where T : TEntry
    {
        _writers.Add(typeof(T), (type, version, entry => JsonSerializer.Serialize((T)entry, json)));
        _readers.Add((type, version), text => JsonSerializer.Deserialize(text, json)
            ?? throw new JsonException($"an entry {type} is null"));
        return this;
    }

    /// <summary>A type and version as it was written once: reads it into what stands for it today.</summary>
    public EntryTypes<TEntry> Upcast<TOld>(string type, short version, JsonTypeInfo<TOld> json, Func<TOld, TEntry> upcast)
    {
        _readers.Add((type, version), text => upcast(JsonSerializer.Deserialize(text, json)
            ?? throw new JsonException($"an entry {type} is null")));
        return this;
    }

    /// <summary>Name, version and JSON of an entry.</summary>
    public (string Type, short Version, string Json) Write(TEntry entry)
    {
        var (type, version, write) = _writers.TryGetValue(entry.GetType(), out var writer)
            ? writer
            : throw new InvalidOperationException($"{entry.GetType().Name} has no entry type");
        return (type, version, write(entry));
    }

    /// <summary>Reads an entry; one of an unknown type or version is an error, never skipped.</summary>
    public TEntry Read(string type, int version, string json) => _readers.TryGetValue((type, version), out var read)
        ? read(json)
        : throw LedgerErrors.EntryUnknown.Fault($"the ledger holds an entry {type}, version {version}");
}
