using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Plugins;

/// <summary>Where people ask about plugins, in any process: what they ask goes to the scan server.</summary>
internal sealed class PluginDesk(PluginTopics topics)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The plugins.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<PluginList> ListAsync(CancellationToken cancel) => AskAsync(new PluginCommand(Reloads: false), cancel);

    /// <summary>Reads the plugins anew.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<PluginList> ReloadAsync(CancellationToken cancel) => AskAsync(new PluginCommand(Reloads: true), cancel);

    private async Task<PluginList> AskAsync(PluginCommand command, CancellationToken cancel)
    {
        try
        {
            return await topics.Commands.AskAsync(command, AnswerDeadline, cancel);
        }
        catch (FaultException fault) when (fault.Reason.Code == TopicErrors.RoleUnreachable.Code)
        {
            throw TopicErrors.RoleUnreachable.Fault("The scan server, which knows the plugins, does not answer.", fault);
        }
    }
}
