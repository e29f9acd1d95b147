using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Beamtime.Core.Telemetry;

/// <summary>Registers what tells how the program does.</summary>
internal static class TelemetryRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds the collecting of metrics; the parts of the program add their <see cref="MetricSample"/>s and
        /// <see cref="BorrowedMetric"/>s.
        /// </summary>
        /// <param name="options">The bounds.</param>
        /// <param name="declaring">Assemblies whose instruments are shown.</param>
        public IServiceCollection AddTelemetry(TelemetryOptions options, params IReadOnlyList<Assembly> declaring) => services
            .AddSingleton(s => new MetricCollector(options.SeriesLimit, s.GetServices<BorrowedMetric>(), declaring))
            .AddSingleton<MetricSampling>()
            .AddSingleton<LoopBoard>()
            .AddSingleton<HealthBoard>();
    }

    extension(ILoggingBuilder logging)
    {
        /// <summary>Writes the log to the console, an entry a line, in the form and from the levels that are set.</summary>
        /// <param name="options">Form and levels.</param>
        /// <param name="origin">Which program speaks.</param>
        public ILoggingBuilder AddLineConsole(TelemetryOptions options, LogOrigin origin)
        {
            logging.Services.TryAddSingleton(TimeProvider.System);
            logging.Services.TryAddSingleton(origin);
            // What libraries say at length is wanted only when it is asked for.
            logging.SetMinimumLevel(options.LogLevel)
                .AddFilter("Microsoft", Quiet(options.LogLevel))
                .AddFilter("Npgsql", Quiet(options.LogLevel));
            foreach (var (category, level) in options.LogLevels)
            {
                logging.AddFilter(category, level);
            }

            return logging
                .AddConsole(console => console.FormatterName =
                    options.LogFormat == LogFormat.Json ? JsonFormatter.FormatterName : LineFormatter.FormatterName)
                .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
                .AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        }
    }

    private static LogLevel Quiet(LogLevel level) => level < LogLevel.Warning ? LogLevel.Warning : level;
}
