using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Beamline;

/// <summary>The durable side of beamline states and of the interlock.</summary>
internal sealed class StateStore(LedgerStore ledger)
{
    /// <summary>All states of a beamline that are known.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<StateRecord>> ListAsync(string beamline, CancellationToken cancel)
    {
        List<StateRecord> records = [];
        RecordPage<StateRecord> page;
        do
        {
            page = await ledger.ListRecordsAsync(
                StateRecord.Kind, new RecordQuery { Beamline = beamline, Limit = 1000, Offset = records.Count }, cancel);
            records.AddRange(page.Items.Select(s => s.State!));
        }
        while (page.Items.Count > 0 && records.Count < page.Total);
        return records;
    }

    /// <summary>Records what happens to a state.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="name">The state.</param>
    /// <param name="entry">What happens.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task AppendAsync(string beamline, string name, StateEntry entry, Why why, CancellationToken cancel) =>
        (await ledger.DecideAsync(
            StateRecord.Kind,
            StateRecord.IdOf(beamline, name),
            state => new Accepted<IReadOnlyList<StateEntry>>(state is null && entry is StateRemoved ? [] : [entry]),
            why,
            null,
            cancel)).OrThrow();

    /// <summary>The interlock.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<InterlockRecord> InterlockAsync(string beamline, CancellationToken cancel) =>
        (await ledger.LoadAsync(InterlockRecord.Kind, beamline, cancel)).State ?? new InterlockRecord { Beamline = beamline };

    /// <summary>Records what happens to the interlock.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="entries">From what is recorded to what happens; none for nothing.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<InterlockRecord> ChangeInterlockAsync(
        string beamline, Func<InterlockRecord, IReadOnlyList<InterlockEntry>> entries, Why why, CancellationToken cancel)
    {
        var none = new InterlockRecord { Beamline = beamline };
        return (await ledger.DecideAsync(
            InterlockRecord.Kind,
            beamline,
            record => new Accepted<IReadOnlyList<InterlockEntry>>(entries(record ?? none)),
            why,
            null,
            cancel)).OrThrow().State ?? none;
    }
}
