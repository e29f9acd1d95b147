using System.Diagnostics;
using System.Globalization;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What the entries of a procedure's run say on the timeline.</summary>
internal static class ProcedureWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(ProcedureEntry entry) => entry switch
    {
        ProcedureStarted started => new EntryWords($"started, {EntryWords.Count(started.Steps.Count, "step")}")
        {
            Details =
            [
                new EntryDetail("beamline", started.Beamline),
                .. started.Parameters.Select(parameter => new EntryDetail(parameter.Key, parameter.Value.ToString())),
            ],
        },
        StepStarted started => new EntryWords($"step {started.Step} begins: {started.Wanted}"),
        StepEnded ended => new EntryWords(
            $"step {ended.Step} {ended.State.ToString().ToLowerInvariant()}"
            + (ended.Reasons is [var first, ..] ? $": {first.Message}" : ended.Evidence.Length > 0 ? $": {ended.Evidence}" : ""))
        {
            IsTrouble = ended.State != StepState.Passed,
            Details =
            [
                new EntryDetail("took", ended.WaitedSeconds.ToString("0.000", CultureInfo.InvariantCulture), "s"),
                .. ended.Captured.Select(captured => new EntryDetail(captured.Key, captured.Value.ToString())),
                .. Reasons(ended.Reasons),
            ],
        },
        ProcedureHeld held => new EntryWords($"held: {held.Reason.Message}") { IsTrouble = true, Details = [.. Reasons([held.Reason])] },
        ProcedureResumed resumed => new EntryWords($"goes on from step {resumed.Step}"),
        ProcedureEnded ended => new EntryWords(
            ended.State.ToString().ToLowerInvariant() + (ended.Reasons is [var first, ..] ? $": {first.Message}" : ""))
        {
            IsTrouble = ended.State != ProcedureState.Completed,
            Details = [.. Reasons(ended.Reasons)],
        },
        _ => throw new UnreachableException(),
    };

    private static IEnumerable<EntryDetail> Reasons(IEnumerable<Reason> reasons) =>
        reasons.Select(reason => new EntryDetail(reason.Code, reason.Message));
}
