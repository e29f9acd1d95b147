using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scripts;

/// <summary>What can be wrong with server scripts and their runs.</summary>
internal static class ScriptErrors
{
    /// <summary>No such script.</summary>
    public static readonly ErrorCode UnknownName = new(
        "script.name.unknown",
        "No server script of that name is registered.",
        "List the scripts with 'beamtime script ls'.");

    /// <summary>No such run.</summary>
    public static readonly ErrorCode Unknown = new(
        "script.run.unknown",
        "There is no run of a server script with that id.",
        "List the runs with 'beamtime script runs'.");

    /// <summary>A queue's name that is none.</summary>
    public static readonly ErrorCode QueueInvalid = new(
        "script.queue.invalid",
        "The name of a queue of scripts has 1 to 64 letters, digits, points, lines and underscores.",
        "Choose another name.");

    /// <summary>Too many wait.</summary>
    public static readonly ErrorCode QueueFull = new(
        "script.queue.full",
        "As many runs of server scripts wait as scripts.capacity allows.",
        "Wait until some are over, or abort them.",
        RetryClass.Later);

    /// <summary>Its code is another one.</summary>
    public static readonly ErrorCode Changed = new(
        "script.code.changed",
        "The plugin of a script was replaced or removed while a run of it was under way.",
        "Put the earlier plugin back and have the run go on with 'beamtime workflow retry', or ask for a new run.");

    /// <summary>It failed.</summary>
    public static readonly ErrorCode Failed = new(
        "script.run.failed",
        "The code of a server script failed.",
        "Read the log of the run and mend the script or what it names.");

    /// <summary>A line of commands that cannot be read.</summary>
    public static readonly ErrorCode CommandInvalid = new(
        "script.command.invalid",
        "A line of a script of commands cannot be read.",
        "Write lines such as: scan line samx 0 1 --steps 5; mv samx 3; set samx.velocity 2; wait 10 s; log a text.");

    /// <summary>What to abort is not said.</summary>
    public static readonly ErrorCode SelectionInvalid = new(
        "script.selection.invalid",
        "Either one queue or all runs can be aborted at once.",
        "Name a queue, or say that all are meant.");
}
