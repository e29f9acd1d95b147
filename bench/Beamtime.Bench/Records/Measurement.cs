using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Bench.Records;

/// <summary>What the ledger is measured with: a motor's positions.</summary>
/// <param name="Motor">Its name.</param>
/// <param name="Position">Where it is.</param>
/// <param name="Comment">Words.</param>
internal sealed record MotorMoved(string Motor, double Position, string Comment);

/// <summary>The state folded from them; a document of some 230 bytes.</summary>
internal sealed record MotorState(string Motor, double Position, double Lowest, double Highest, int Moves, string Comment, DateTimeOffset At);

/// <summary>What a measured job is given.</summary>
/// <param name="Number">Tells them apart.</param>
internal sealed record Errand(int Number);

/// <summary>The codecs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MotorMoved))]
[JsonSerializable(typeof(MotorState))]
[JsonSerializable(typeof(Errand))]
internal sealed partial class BenchJson : JsonSerializerContext;

/// <summary>The stream of a motor.</summary>
internal static class MotorLedger
{
    /// <summary>Its kind.</summary>
    public static readonly StreamKind<MotorState, MotorMoved> Kind = new(
        "bench.motor",
        foldVersion: 1,
        static (state, entry) => new MotorState(
            entry.Data.Motor,
            entry.Data.Position,
            Math.Min(entry.Data.Position, state?.Lowest ?? double.MaxValue),
            Math.Max(entry.Data.Position, state?.Highest ?? double.MinValue),
            (state?.Moves ?? 0) + 1,
            entry.Data.Comment,
            entry.At),
        new EntryTypes<MotorMoved>().Add("bench.motor.moved", 1, BenchJson.Default.MotorMoved),
        BenchJson.Default.MotorState,
        static state => new RecordIndex("bench", Name: state.Motor, Status: "idle"));
}
