using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Plugins;

/// <summary>Tells of plugins and reads them anew, in the scan server.</summary>
internal sealed partial class PluginReception(PluginShelf shelf, PluginTopics topics, ILogger<PluginReception> logger)
{
    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(AnswerAsync, cancel);

    private async ValueTask<PluginList> AnswerAsync(PluginCommand command, CancellationToken cancel)
    {
        if (!command.Reloads)
        {
            return PluginList.Of(shelf, null);
        }

        var reload = shelf.Reload();
        PluginWatch.Log(logger, reload);
        await topics.Notices.PublishAsync(
            new PluginNotice([.. shelf.Current.Plugins.Select(p => PluginOrigin.Of(p)!.Text)]), cancel);
        return PluginList.Of(shelf, reload);
    }
}
