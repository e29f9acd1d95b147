using System.Globalization;
using System.Text.Json;

namespace Beamtime.Core.Ledger;

/// <summary>What a step of a workflow says on the timeline, from the row that the query makes of it.</summary>
internal static class StepWords
{
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
        var (step, attempt) = (row.GetProperty("step").GetString(), row.GetProperty("attempt").GetInt32());
        var error = row.GetProperty("error") is { ValueKind: JsonValueKind.Object } given
            && given.TryGetProperty("message", out var message) ? message.GetString() : null;
        List<EntryDetail> details = [];
        if (row.GetProperty("seconds") is { ValueKind: JsonValueKind.Number } seconds)
        {
            details.Add(new EntryDetail("took", seconds.GetDouble().ToString("0.000", CultureInfo.InvariantCulture), "s"));
        }

        if (attempt > 1)
        {
            details.Add(new EntryDetail("attempt", EntryWords.Number(attempt)));
        }

        var isUnfinished = row.GetProperty("seconds").ValueKind == JsonValueKind.Null;
        return new EntryWords((error, isUnfinished) switch
        {
            ({ } said, _) => $"step '{step}' failed: {said}",
            (null, true) => $"step '{step}' began",
            _ => $"step '{step}' finished",
        })
        {
            IsTrouble = error is not null,
            Details = details,
        };
    }
}
