using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What can go wrong with procedures.</summary>
internal static class ProcedureErrors
{
    /// <summary>The file has a mistake.</summary>
    public static readonly ErrorCode ConfigurationInvalid = new(
        "procedure.configuration.invalid",
        "The site's procedures have an error.",
        "Mend the line of procedures.yaml that the message names.");

    /// <summary>No such procedure.</summary>
    public static readonly ErrorCode Unknown = new(
        "procedure.unknown",
        "The site has no procedure of that name.",
        "List the procedures with 'beamtime procedure ls'.");

    /// <summary>No such run of a procedure.</summary>
    public static readonly ErrorCode RunUnknown = new(
        "procedure.run.unknown",
        "No procedure was run under that id.",
        "List what was run over REST, GET /api/v2/procedure-runs.");

    /// <summary>A parameter nobody declared.</summary>
    public static readonly ErrorCode ParameterUnknown = new(
        "procedure.parameter.unknown",
        "The procedure has no such parameter.",
        "Show its parameters with 'beamtime procedure ls'.");

    /// <summary>A required parameter is absent.</summary>
    public static readonly ErrorCode ParameterMissing = new(
        "procedure.parameter.missing",
        "A required parameter is absent.",
        "Give the parameter; 'beamtime procedure ls' shows its meaning and unit.");

    /// <summary>A parameter's value does not fit.</summary>
    public static readonly ErrorCode ParameterInvalid = new(
        "procedure.parameter.invalid",
        "A parameter's value has the wrong type or lies outside its range; values are never clamped.",
        "Give a value of the declared type within its range.");

    /// <summary>An expression cannot be worked out.</summary>
    public static readonly ErrorCode ValueInvalid = new(
        "procedure.value.invalid",
        "A value of a step cannot be worked out, or lies outside its table; tables are never extended.",
        "Choose parameters within the table, or mend the step in procedures.yaml.");

    /// <summary>The address is not configured for writing.</summary>
    public static readonly ErrorCode WriteDenied = new(
        "procedure.write.denied",
        "A step would write an address that the site does not list as writable.",
        "Name the address under writable in beamline.yaml, if it is meant to be written.");

    /// <summary>Another one runs.</summary>
    public static readonly ErrorCode Busy = new(
        "procedure.busy",
        "Another procedure runs; there is one at a time.",
        "Wait for it or abort it.",
        RetryClass.Later);

    /// <summary>It is not in a state for that.</summary>
    public static readonly ErrorCode NotPossible = new(
        "procedure.state.refused",
        "The procedure's state does not allow that.",
        "See its state with 'beamtime procedure show ID'.");

    /// <summary>The procedure is not what it was.</summary>
    public static readonly ErrorCode Changed = new(
        "procedure.changed",
        "The steps of the procedure are no longer those with which it was started.",
        "Abort it and start it anew.");

    /// <summary>A check did not pass.</summary>
    public static readonly ErrorCode CheckFailed = new(
        "procedure.check.failed",
        "A signal did not have the expected value in time.",
        "See the evidence of the step, mend the cause and run the procedure again.",
        RetryClass.Later);

    /// <summary>A step took too long.</summary>
    public static readonly ErrorCode StepDeadline = new(
        "procedure.step.deadline",
        "A step did not end within its timeout; what it drove was stopped.",
        "Read where the device is, mend the cause and run the procedure again.",
        RetryClass.Later);

    /// <summary>A step gave nothing that can be used.</summary>
    public static readonly ErrorCode StepFailed = new(
        "procedure.step.failed",
        "A step ended without what it was to give.",
        "See the evidence of the step.",
        RetryClass.Later);

    /// <summary>Aborted by a person.</summary>
    public static readonly ErrorCode Aborted = new(
        "procedure.aborted",
        "Somebody aborted the procedure.",
        "Run it again if it is still wanted.");

    /// <summary>The program ended while it ran.</summary>
    public static readonly ErrorCode Interrupted = new(
        "procedure.interrupted",
        "The program ended while the procedure ran; a step under way may or may not have had its effect.",
        "Look at the device of the uncertain step, then resume from the step of your choice or abort.");
}
