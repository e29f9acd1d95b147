namespace Beamtime.Core.Telemetry.Logs;

/// <summary>Where log lines go.</summary>
internal enum LogSink
{
    /// <summary>The standard output.</summary>
    Console,

    /// <summary>A file of this process, rotated.</summary>
    File,

    /// <summary>What REST shows and follows.</summary>
    Stream,
}
