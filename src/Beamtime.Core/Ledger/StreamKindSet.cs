using System.Collections.Frozen;
using System.Reflection;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Ledger;

/// <summary>Every kind of stream that the program writes: found, not registered, so that none can be forgotten.</summary>
internal sealed class StreamKindSet
{
    private readonly FrozenDictionary<string, StreamKind> _kinds;

    /// <summary>A set of kinds.</summary>
    /// <param name="kinds">The kinds; each name once.</param>
    public StreamKindSet(IEnumerable<StreamKind> kinds)
    {
        All = [.. kinds.OrderBy(kind => kind.Name, StringComparer.Ordinal)];
        _kinds = All.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);
    }

    /// <summary>The kinds by name.</summary>
    public IReadOnlyList<StreamKind> All { get; }

    /// <summary>The kind of that name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="RefusedException"><c>ledger.kind.unknown</c>.</exception>
    public StreamKind this[string name] => Find(name) ?? throw new RefusedException(LedgerErrors.KindUnknown.Because(
        $"there is no kind '{name}'; known are {string.Join(", ", All.Select(kind => kind.Name))}"));

    /// <summary>The kinds that stand in static fields and properties of these assemblies; at start only.</summary>
    /// <param name="assemblies">The assemblies.</param>
    public static StreamKindSet Of(params IEnumerable<Assembly> assemblies)
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var types = assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => !type.ContainsGenericParameters).ToArray();
        var fields = types.SelectMany(type => type.GetFields(Static))
            .Where(field => IsKind(field.FieldType)).Select(field => field.GetValue(null));
        var properties = types.SelectMany(type => type.GetProperties(Static))
            .Where(property => IsKind(property.PropertyType)).Select(property => property.GetValue(null));
        return new StreamKindSet(fields.Concat(properties).OfType<StreamKind>().Distinct());
    }

    /// <summary>The kind of that name; null when there is none.</summary>
    /// <param name="name">The name.</param>
    public StreamKind? Find(string name) => _kinds.GetValueOrDefault(name);

    /// <summary>What an entry says; one of a kind that this program does not know is told by its members.</summary>
    /// <param name="entry">The entry.</param>
    public EntryWords Tell(RecordedEntry entry) => Find(entry.Kind)?.Tell(entry) ?? EntryWords.OfJson(entry);

    private static bool IsKind(Type type) => type.IsAssignableTo(typeof(StreamKind));
}
