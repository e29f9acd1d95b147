using System.Text;
using System.Text.Json;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Whose contexts are meant.</summary>
/// <param name="Scope">For whose scans they stand.</param>
/// <param name="Of">The account or the id of the person; empty for the beamline.</param>
internal readonly record struct MetadataOwner(MetadataScope Scope, string Of)
{
    /// <summary>Those of everybody.</summary>
    public static MetadataOwner Beamline { get; } = new(MetadataScope.Beamline, "");

    /// <summary>Those of a person.</summary>
    /// <param name="who">The person.</param>
    public static MetadataOwner Person(PersonId who) => new(MetadataScope.Person, who.ToString());

    /// <summary>Those of an account.</summary>
    /// <param name="account">The account.</param>
    public static MetadataOwner Account(string account) => new(MetadataScope.Account, account);
}

/// <summary>The contexts that stand at a beamline, in the ledger; any process may change and read them.</summary>
internal sealed class MetadataBook(LedgerStore ledger, ScanOptions options, TimeProvider time)
{
    /// <summary>Contexts that may lie one in another, the outermost counted.</summary>
    public const int MostContexts = 16;

    /// <summary>Bytes that all contexts of a scope may have as JSON: those of three and the request's own fit into a request.</summary>
    public const int MostBytes = 8 * 1024;

    /// <summary>The contexts that stand for a person's scans, the outermost first.</summary>
    /// <param name="who">The person.</param>
    /// <param name="account">The account that the scan is on; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<(MetadataOwner Owner, MetadataContext Context)>> StandingAsync(
        PersonId who, string? account, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        List<MetadataOwner> owners = [MetadataOwner.Beamline];
        if (account is not null)
        {
            owners.Add(MetadataOwner.Account(account));
        }

        owners.Add(MetadataOwner.Person(who));
        var streams = await Task.WhenAll(owners.Select(owner => ledger.LoadAsync(MetadataRecord.Kind, IdOf(owner), cancel)));
        return [.. owners.Zip(streams).SelectMany(s => s.Second.State?.Standing(now).Select(context => (s.First, context)) ?? [])];
    }

    /// <summary>What contexts say together: the inner ones win, and empty values hide.</summary>
    /// <param name="contexts">The contexts, the outermost first.</param>
    public static SortedDictionary<string, string> Merged(IEnumerable<IReadOnlyDictionary<string, string>> contexts)
    {
        SortedDictionary<string, string> merged = new(StringComparer.Ordinal);
        foreach (var (key, value) in contexts.SelectMany(context => context))
        {
            if (string.IsNullOrEmpty(value))
            {
                merged.Remove(key);
            }
            else
            {
                merged[key] = value;
            }
        }

        return merged;
    }

    /// <summary>Changes the contexts of a scope.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="decide">From the contexts that stand to the entries or the refusal.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<IReadOnlyList<MetadataContext>>> ChangeAsync(
        MetadataOwner owner,
        Func<IReadOnlyList<MetadataContext>, Outcome<IReadOnlyList<MetadataEntry>>> decide,
        Why why,
        CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        return await ledger.DecideAsync(
            MetadataRecord.Kind, IdOf(owner), record => Bounded(record, decide(record?.Standing(now) ?? []), now), why, null, cancel) switch
        {
            Accepted<StreamState<MetadataRecord>>(var stream) =>
                new Accepted<IReadOnlyList<MetadataContext>>(stream.State?.Standing(now) ?? []),
            Refused<StreamState<MetadataRecord>>(var reasons) => new Refused<IReadOnlyList<MetadataContext>>(reasons),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private string IdOf(MetadataOwner owner) => owner.Scope == MetadataScope.Beamline
        ? options.Beamline
        : $"{options.Beamline}/{owner.Scope.ToString().ToLowerInvariant()}/{owner.Of}";

    // Folded to see what would come of it; the ledger folds the same again.
    private static Outcome<IReadOnlyList<MetadataEntry>> Bounded(
        MetadataRecord? record, Outcome<IReadOnlyList<MetadataEntry>> decided, DateTimeOffset now)
    {
        if (decided is not Accepted<IReadOnlyList<MetadataEntry>> accepted)
        {
            return decided;
        }

        foreach (var entry in accepted.Value)
        {
            record = MetadataRecord.Kind.Fold(
                record, new Entry<MetadataEntry>("", 0, entry, Why.BySystem("", ""), now));
        }

        var contexts = record?.Contexts ?? [];
        var bytes = Encoding.UTF8.GetByteCount(JsonSerializer.Serialize(contexts.Select(c => c.Values), JsonSerializerOptions.Web));
        List<Reason> reasons = [];
        if (contexts.Count > MostContexts)
        {
            reasons.Add(MetadataErrors.Large.Because($"There would be {contexts.Count} contexts one in another; at most {MostContexts} may be."));
        }

        if (bytes > MostBytes)
        {
            reasons.Add(MetadataErrors.Large.Because($"The contexts together would have {bytes} bytes; at most {MostBytes} may be."));
        }

        return reasons.Count == 0 ? decided : new Refused<IReadOnlyList<MetadataEntry>>(reasons);
    }
}
