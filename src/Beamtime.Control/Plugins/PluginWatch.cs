using Beamtime.Core.Topics;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Plugins;

/// <summary>
/// Reads this process's plugins anew when their files have changed, and when the scan server was asked to. Files are read
/// at the second look that agrees, so that a copy is over before it is taken.
/// </summary>
internal sealed partial class PluginWatch(
    PluginShelf shelf, PluginTopics topics, PluginOptions options, TimeProvider time, ILogger<PluginWatch> logger)
{
    /// <summary>Watches until cancelled.</summary>
    /// <param name="cancel">Ends the watch.</param>
    public Task RunAsync(CancellationToken cancel) => shelf.Folders.Count == 0
        ? Task.Delay(Timeout.InfiniteTimeSpan, time, cancel)
        : Task.WhenAll(HearAsync(cancel), LookAsync(cancel));

    /// <summary>Tells in the log what became of reading plugins anew.</summary>
    /// <param name="logger">The log.</param>
    /// <param name="reload">What became of it.</param>
    public static void Log(ILogger logger, PluginReload reload)
    {
        foreach (var change in reload.Steps.Select(PluginList.Told))
        {
            LogChanged(logger, change);
        }

        foreach (var (plugin, reasons) in reload.Refused)
        {
            var all = string.Join("; ", reasons.Select(r => r.Message));
            LogRefused(logger, plugin, all);
        }
    }

    private async Task HearAsync(CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var notices = topics.Notices.SubscribeLossy(signal);
        var heard = new PluginNotice[16];
        while (true)
        {
            await signal.WaitAsync(cancel);
            if (notices.Read(heard) > 0)
            {
                notices.AcknowledgeRead();
                Log(logger, shelf.Reload());
            }
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        if (options.LookEvery == TimeSpan.Zero)
        {
            return;
        }

        var (taken, last) = (shelf.Look(), "");
        while (true)
        {
            await Task.Delay(options.LookEvery, time, cancel);
            string look;
            try
            {
                look = shelf.Look();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A folder that is being written or is not there just now: the next look tells.
                LogUnseen(logger, error);
                continue;
            }

            if (look != taken && look == last)
            {
                Log(logger, shelf.Reload());
                taken = look;
            }

            last = look;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Plugin {Change}")]
    private static partial void LogChanged(ILogger logger, string change);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Plugin {Plugin} is refused, an earlier version goes on: {Reasons}")]
    private static partial void LogRefused(ILogger logger, string plugin, string reasons);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folders of plugins cannot be looked at; trying again")]
    private static partial void LogUnseen(ILogger logger, Exception error);
}
