using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>What can keep the program from starting.</summary>
internal static class RoleErrors
{
    /// <summary>A plugin cannot be loaded.</summary>
    public static readonly ErrorCode PluginFailed = new(
        "plugin.load.failed",
        "A plugin's assembly cannot be loaded or registers something twice.",
        "Remove or replace the plugin named in the message.");

    /// <summary>The port is taken.</summary>
    public static readonly ErrorCode PortTaken = new(
        "api.port.taken",
        "Another program listens on the port.",
        "Stop the other program or choose another port with --port.");

    /// <summary>Another program runs the beamline.</summary>
    public static readonly ErrorCode BeamlineTaken = new(
        "scans.beamline.taken",
        "Another program runs this beamline on the same database.",
        "Stop the other program, or give this one another name with scans.beamline or another database.");
}
