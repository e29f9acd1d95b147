using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Telemetry;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>One object a line.</summary>
    Json,
}

/// <summary>Settings of what the program tells about itself.</summary>
[SettingsSection("telemetry")]
internal sealed record TelemetryOptions : IValidatableObject
{
    /// <summary>How log lines are written.</summary>
    [Description("How log lines are written: text for people, or json, one object a line.")]
    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    /// <summary>The least level that is written.</summary>
    [Description("The least level of log lines that are written.")]
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The least level by category.</summary>
    [Description("Another least level for a category and all below it, by name: `Beamtime.Control: debug`.")]
    public Dictionary<string, LogLevel> LogLevels { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The least level on the console.</summary>
    [Description("The least level on the console; log_level by default.")]
    public LogLevel? LogConsoleLevel { get; init; }

    /// <summary>Folder of the log's file.</summary>
    [Description("Folder of a file with the log of each process; without one there is no such file.")]
    public string? LogFolder { get; init; }

    /// <summary>The least level in the file.</summary>
    [Description("The least level in that file; log_level by default.")]
    public LogLevel? LogFileLevel { get; init; }

    /// <summary>When the file is too large.</summary>
    [Description("Size after which the file is rotated and packed.")]
    [Unit("bytes")]
    [Range(4096, long.MaxValue)]
    public long LogFileSize { get; init; } = 50L << 20;

    /// <summary>When the file is too old.</summary>
    [Description("Age after which the file is rotated and packed.")]
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan LogFilePeriod { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Rotated files that are kept.</summary>
    [Description("How many rotated files of a process are kept; the oldest are removed.")]
    [Range(0, 10_000)]
    public int LogFilesKept { get; init; } = 14;

    /// <summary>The least level over REST.</summary>
    [Description("The least level of the lines that REST shows and follows; log_level by default.")]
    public LogLevel? LogStreamLevel { get; init; }

    /// <summary>Lines that REST shows.</summary>
    [Description("How many of the last lines REST can show.")]
    [Range(10, 100_000)]
    public int LogStreamLength { get; init; } = 2000;

    /// <summary>Where traces are sent.</summary>
    [EnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")]
    [Description("Address to which traces are sent by OTLP, such as http://collector:4318; without one no traces are made.")]
    public string? OtlpEndpoint { get; init; }

    /// <summary>By which protocol.</summary>
    [EnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL")]
    [Description("Protocol of that address: http/protobuf or grpc.")]
    [RegularExpression("^(http/protobuf|grpc)$", ErrorMessage = "The field {0} must be http/protobuf or grpc.")]
    public string OtlpProtocol { get; init; } = "http/protobuf";

    /// <summary>What is sent along.</summary>
    [Secret]
    [EnvironmentVariable("OTEL_EXPORTER_OTLP_HEADERS")]
    [Description("Headers sent with traces, name=value separated by commas; the place for a key.")]
    public string? OtlpHeaders { get; init; }

    /// <summary>Which share of traces is made.</summary>
    [Description("Share of requests and jobs that are traced; who calls with a trace decides for its own.")]
    [Range(0.0, 1.0)]
    public double TraceShare { get; init; } = 1;

    /// <summary>Series of one metric at most.</summary>
    [Description("Sets of label values that one metric may have; further ones are counted together as 'other'.")]
    [Range(10, 100_000)]
    public int SeriesLimit { get; init; } = 1000;

    /// <summary>How often samples are taken at most.</summary>
    [Description("Gauges of the database and the like are found out for a page of metrics, but not more often than this.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long sampling may take.</summary>
    [Description("How long finding them out may take; what is not known by then is left out.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan SampleDeadline { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often readiness is looked at.</summary>
    [Description("Readiness is looked at when it is asked for, but not more often than this.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one look may take.</summary>
    [Description("How long a look at one thing may take before it counts as down.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan HealthDeadline { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a loop may be silent.</summary>
    [Description("How long a loop of a role may go without coming round before readiness calls it silent.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LoopSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How old a due job may be.</summary>
    [Description("How long a due job may wait before readiness calls the queue late.")]
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan LateJob { get; init; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OtlpEndpoint is { Length: > 0 }
            && (!Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")))
        {
            yield return new ValidationResult($"otlp_endpoint '{OtlpEndpoint}' is no address such as http://collector:4318");
        }
    }
}
