using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Procedures;

/// <summary>One step of a procedure.</summary>
internal abstract record ProcedureStep
{
    /// <summary>What it is for, for people; may be empty.</summary>
    public required string Title { get; init; }

    /// <summary>How long it may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Its kind, as the file calls it.</summary>
    public abstract string Kind { get; }

    /// <summary>What it acts on: an address, an action's or a computation's name.</summary>
    public abstract string Target { get; }

    /// <summary>The values that it works with.</summary>
    public abstract IEnumerable<(string Name, Expression Value)> Values { get; }

    /// <summary>The step in one line, as exactly as it is known; the same steps give the same lines.</summary>
    /// <param name="known">Values of parameters and captures.</param>
    public string Outline(IReadOnlyDictionary<string, Value> known) => string.Join(
        ' ',
        [Kind, Target, .. Values.Select(v => $"{v.Name}={v.Value.TryEvaluate(known)?.ToString() ?? v.Value.ToString()}")]);
}

/// <summary>Sets a signal and waits until it is there.</summary>
/// <param name="Address">The signal.</param>
/// <param name="Value">The target.</param>
/// <param name="Verify">True to read it afterwards, as evidence; the reading never fails the step.</param>
internal sealed record SetpointStep(string Address, Expression Value, bool Verify) : ProcedureStep
{
    /// <inheritdoc/>
    public override string Kind => "setpoint";

    /// <inheritdoc/>
    public override string Target => Address;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Expression Value)> Values => [("value", Value)];
}

/// <summary>Reads a signal until it has the expected value, or the timeout is over.</summary>
/// <param name="Address">The signal.</param>
/// <param name="Expected">The value.</param>
/// <param name="Tolerance">How far it may be off; null for exactly.</param>
internal sealed record CheckStep(string Address, Expression Expected, Expression? Tolerance) : ProcedureStep
{
    /// <inheritdoc/>
    public override string Kind => "check";

    /// <inheritdoc/>
    public override string Target => Address;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Expression Value)> Values => Tolerance is { } tolerance
        ? [("within", Expected), ("tolerance", tolerance)]
        : [("equals", Expected)];
}

/// <summary>Carries out a registered action.</summary>
/// <param name="Name">The action's name.</param>
/// <param name="With">Its arguments.</param>
/// <param name="As">The name under which its results are captured; null for not at all.</param>
internal sealed record ActionStep(string Name, IReadOnlyDictionary<string, Expression> With, string? As) : ProcedureStep
{
    /// <inheritdoc/>
    public override string Kind => "action";

    /// <inheritdoc/>
    public override string Target => Name;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Expression Value)> Values => With.Select(w => (w.Key, w.Value));
}

/// <summary>Keeps the value of a signal under a name.</summary>
/// <param name="Address">The signal.</param>
/// <param name="As">The name.</param>
internal sealed record CaptureStep(string Address, string As) : ProcedureStep
{
    /// <inheritdoc/>
    public override string Kind => "capture";

    /// <inheritdoc/>
    public override string Target => Address;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Expression Value)> Values => [];
}

/// <summary>Has something computed from a file and keeps the number under a name.</summary>
/// <param name="Computation">What to compute.</param>
/// <param name="Input">The file.</param>
/// <param name="As">The name.</param>
internal sealed record ComputeStep(string Computation, Expression Input, string As) : ProcedureStep
{
    /// <summary>Where the rotation axis lies.</summary>
    public const string RotationCentre = "rotation_center";

    /// <inheritdoc/>
    public override string Kind => "compute";

    /// <inheritdoc/>
    public override string Target => Computation;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Expression Value)> Values => [("input", Input)];
}
