using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Beamtime.Core.Telemetry;

/// <summary>Registers what tells how the program does.</summary>
internal static class TelemetryRegistration
{
    extension(ILoggingBuilder logging)
    {
        /// <summary>Writes the log to the console, an entry a line.</summary>
        public ILoggingBuilder AddLineConsole()
        {
            logging.Services.TryAddSingleton(TimeProvider.System);
            return logging
                .AddConsole(console => console.FormatterName = LineFormatter.FormatterName)
                .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        }
    }
}
