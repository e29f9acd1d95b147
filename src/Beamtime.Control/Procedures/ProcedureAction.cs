using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What an action is told.</summary>
/// <param name="Procedure">The run of the procedure.</param>
/// <param name="Who">Who started it.</param>
/// <param name="With">Its arguments.</param>
internal sealed record ActionCall(Guid Procedure, Core.Ledger.PersonId Who, IReadOnlyDictionary<string, Value> With);

/// <summary>An action that steps can name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The arguments that it takes; null when it takes others than these as well.</param>
/// <param name="Required">The arguments that it must have.</param>
/// <param name="Results">The results that it gives, captured as <c>name.result</c>.</param>
/// <param name="Mistakes">What is wrong with arguments that are known when the file is read.</param>
/// <param name="RunAsync">Carries it out; ends what it began when cancelled, and throws refusals and faults.</param>
internal sealed record ProcedureAction(
    string Name,
    IReadOnlyList<string>? Parameters,
    IReadOnlyList<string> Required,
    IReadOnlyList<string> Results,
    Func<IReadOnlyDictionary<string, Value>, IEnumerable<string>> Mistakes,
    Func<ActionCall, CancellationToken, Task<IReadOnlyDictionary<string, Value>>> RunAsync)
{
    /// <summary>The action <c>wait</c>: a pause of <c>seconds</c>.</summary>
    /// <param name="time">The clock.</param>
    public static ProcedureAction Wait(TimeProvider time) => new(
        "wait",
        ["seconds"],
        ["seconds"],
        [],
        with => with.TryGetValue("seconds", out var s) && !IsPause(s) ? [$"wait takes 0 to 86400 seconds, not {s}"] : [],
        async (call, cancel) =>
        {
            var seconds = call.With["seconds"];
            if (!IsPause(seconds))
            {
                throw new RefusedException(ProcedureErrors.ValueInvalid.Because($"wait takes 0 to 86400 seconds, not {seconds}."));
            }

            await Task.Delay(TimeSpan.FromSeconds(seconds.AsDouble()), time, cancel);
            return new Dictionary<string, Value>();
        });

    private static bool IsPause(Value seconds) =>
        seconds.Type is SignalType.Float or SignalType.Integer && seconds.AsDouble() is >= 0 and <= 86400;
}

/// <summary>Finds the rotation axis in the file of a pair of opposite views.</summary>
/// <param name="file">The master file.</param>
/// <param name="cancel">Gives up waiting.</param>
/// <returns>The axis, pixels from the centre of the first column.</returns>
internal delegate Task<double> RotationCentreFinder(string file, CancellationToken cancel);

/// <summary>Whether procedures may write an address.</summary>
/// <param name="address"><c>device</c> or <c>device.signal</c>.</param>
internal delegate bool WritePermission(string address);
