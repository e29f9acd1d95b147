using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>What can go wrong with alarms.</summary>
internal static class AlarmErrors
{
    /// <summary>No such alarm.</summary>
    public static readonly ErrorCode Unknown = new(
        "alarm.unknown",
        "No alarm has that id.",
        "List the alarms with 'beamtime alarm ls'.");

    /// <summary>Somebody has taken note of it.</summary>
    public static readonly ErrorCode Over = new(
        "alarm.acknowledged",
        "Somebody has acknowledged the alarm already.",
        "Nothing needs to be done.");

    /// <summary>An alarm that cannot be raised.</summary>
    public static readonly ErrorCode Invalid = new(
        "alarm.invalid",
        "The alarm lacks a message or a source, or says too much.",
        "Give a message of at most 500 characters, a source of at most 64, and at most 16 details.");

    /// <summary>What somebody raised by hand or from a script.</summary>
    public static readonly ErrorCode Raised = new(
        "alarm.raised",
        "Somebody, or a program outside, raised an alarm.",
        "Do what the message says, then acknowledge the alarm.");
}
