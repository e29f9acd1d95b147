using System.Text.Json;

namespace Beamtime.Core.Ledger;

/// <summary>A record that is not what its entries fold to.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Id">Its id.</param>
/// <param name="Fields">Paths of what differs: <c>state</c>, <c>files[0].bytes</c>; of the record itself <c>(number)</c>.</param>
/// <param name="Problem">Why it cannot be folded or corrected; null when it can.</param>
/// <param name="IsCorrected">True when it was written anew.</param>
internal sealed record RecordDifference(
    string Kind, string Id, IReadOnlyList<string> Fields, string? Problem, bool IsCorrected)
{
    private const int MostFields = 50;

    /// <summary>The paths at which two documents differ; at most some fifty.</summary>
    /// <param name="one">A document.</param>
    /// <param name="other">The other.</param>
    public static IReadOnlyList<string> PathsOf(string one, string other)
    {
        using var left = JsonDocument.Parse(one);
        using var right = JsonDocument.Parse(other);
        return [.. Differing(left.RootElement, right.RootElement, "").Take(MostFields)];
    }

    private static IEnumerable<string> Differing(JsonElement? left, JsonElement? right, string path)
    {
        switch (left, right)
        {
            case ({ ValueKind: JsonValueKind.Object } one, { ValueKind: JsonValueKind.Object } other):
                var names = one.EnumerateObject().Select(member => member.Name)
                    .Union(other.EnumerateObject().Select(member => member.Name));
                return names.SelectMany(name => Differing(
                    Member(one, name), Member(other, name), path.Length == 0 ? name : $"{path}.{name}"));
            case ({ ValueKind: JsonValueKind.Array } one, { ValueKind: JsonValueKind.Array } other):
                return Enumerable.Range(0, Math.Max(one.GetArrayLength(), other.GetArrayLength()))
                    .SelectMany(i => Differing(Item(one, i), Item(other, i), $"{path}[{i}]"));
            case ({ } one, { } other) when JsonElement.DeepEquals(one, other):
                return [];
            default:
                return [path];
        }
    }

    private static JsonElement? Member(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement? Item(JsonElement of, int index) => index < of.GetArrayLength() ? of[index] : null;
}
