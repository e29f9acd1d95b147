using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>A run that is being carried out.</summary>
/// <param name="definition">The procedure.</param>
/// <param name="scope">Its parameters and captures.</param>
/// <param name="from">The step from which it goes.</param>
internal sealed class ProcedureWork(ProcedureDefinition definition, StepScope scope, int from) : IDisposable
{
    private readonly CancellationTokenSource _aborting = new();
    private (PersonId Who, Reason Reason)? _aborted;

    /// <summary>The procedure.</summary>
    public ProcedureDefinition Definition => definition;

    /// <summary>Its parameters and captures.</summary>
    public StepScope Scope => scope;

    /// <summary>The step from which it goes.</summary>
    public int From => from;

    /// <summary>The run.</summary>
    public Guid Id => scope.Id;

    /// <summary>Its journal; null before it began.</summary>
    public StreamState<ProcedureRecord>? Run { get; set; }

    /// <summary>Fires when it is aborted.</summary>
    public CancellationToken Aborting => _aborting.Token;

    /// <summary>Why it is aborted; null while it is not.</summary>
    public Reason? AbortedFor => _aborted?.Reason;

    /// <summary>Who aborts it.</summary>
    public PersonId? AbortedBy => _aborted?.Who;

    /// <summary>Ends it early.</summary>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why.</param>
    public void Abort(PersonId who, Reason reason)
    {
        _aborted ??= (who, reason);
        // The step under way ends on its own thread, not on that of the one who asks.
        _ = _aborting.CancelAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _aborting.Dispose();
}
