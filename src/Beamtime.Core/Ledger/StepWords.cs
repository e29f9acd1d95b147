using System.Globalization;
using System.Text.Json;

namespace Beamtime.Core.Ledger;

/// <summary>What a step or a move of a workflow says on the timeline, from the row that the query makes of it.</summary>
internal static class StepWords
{
    private static readonly string[] Troubles = ["failed", "crashed", "timedout", "suspended", "uncertain"];

    /// <summary>The workflow's kind.</summary>
    /// <param name="json">The row.</param>
    public static string NameOf(string json)
    {
        using var row = JsonDocument.Parse(json);
        return row.RootElement.GetProperty("workflow").GetString()!;
    }

    /// <summary>What it says.</summary>
    /// <param name="json">The row.</param>
    public static EntryWords Of(string json)
    {
        using var document = JsonDocument.Parse(json);
        var row = document.RootElement;
        var state = row.GetProperty("state").GetString()!.ToLowerInvariant();
        var error = row.TryGetProperty("error", out var given) && given.ValueKind == JsonValueKind.Object
            && given.TryGetProperty("message", out var message) ? message.GetString() : null;
        var what = row.TryGetProperty("step", out var step) ? $"step '{step.GetString()}' {Said(state)}" : $"workflow {Said(state)}";
        return new EntryWords(error is null ? what : $"{what}: {error}")
        {
            IsTrouble = error is not null || Troubles.Contains(state),
            Details = [.. Details(row)],
        };
    }

    private static string Said(string state) => state switch
    {
        "started" => "began",
        "waiting" => "waits",
        "timedout" => "ran out of time",
        "awaitingretry" => "is to be tried again",
        "suspended" => "waits for a person",
        "uncertain" => "is uncertain: nobody knows whether it took effect",
        _ => state,
    };

    private static IEnumerable<EntryDetail> Details(JsonElement row)
    {
        if (row.TryGetProperty("seconds", out var seconds) && seconds.ValueKind == JsonValueKind.Number)
        {
            yield return new EntryDetail("took", seconds.GetDouble().ToString("0.000", CultureInfo.InvariantCulture), "s");
        }

        if (row.TryGetProperty("attempt", out var attempt) && attempt.GetInt32() > 1)
        {
            yield return new EntryDetail("attempt", EntryWords.Number(attempt.GetInt32()));
        }
    }
}
