using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>Where people change the device configuration, in any process: what they ask goes to the scan server.</summary>
internal sealed class ConfigurationDesk(ConfigurationStore store, DeviceBook book, DeviceTopics topics)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromMinutes(30);

    /// <summary>Asks for a change and waits until it is carried out or refused.</summary>
    /// <param name="command">The change.</param>
    /// <param name="cancel">Gives up waiting; the change goes on.</param>
    /// <exception cref="RefusedException">Every reason; nothing has changed.</exception>
    public async Task<ConfigurationAnswer> AskAsync(ConfigurationCommand command, CancellationToken cancel) =>
        await topics.Configurations.AskAsync(command, AnswerDeadline, cancel);

    /// <summary>The configuration in force, with what is wrong with its devices and how far a change is.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<ConfigurationView> ViewAsync(CancellationToken cancel)
    {
        var current = await store.CurrentAsync(topics.Beamline, cancel)
            ?? throw DeviceErrors.ServerUnheard.Fault("No device server of the beamline has begun yet.");
        var enabled = current.Devices.Where(e => e.Enabled).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        return new ConfigurationView(
            current.Revision,
            DeviceEntryJson.Write(current.Devices),
            [.. book.Unusable.Where(u => enabled.Contains(u.Name)).Select(u => new FailedDevice(u.Name, u.Unusable!))],
            (await topics.Editing.LastAsync(cancel))?.Message is { IsOver: false } underWay ? underWay : null);
    }

    /// <summary>An earlier configuration.</summary>
    /// <param name="revision">Its number.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ConfigurationView> FindAsync(int revision, CancellationToken cancel) =>
        await store.FindAsync(topics.Beamline, revision, cancel) is { } found
            ? new ConfigurationView(found.Revision, DeviceEntryJson.Write(found.Devices), [], null)
            : throw new RefusedException(DeviceErrors.RevisionUnknown.Because($"There is no device configuration {revision}."));

    /// <summary>All configurations, newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<IReadOnlyList<ConfigurationRevision>> ListAsync(int limit, CancellationToken cancel) =>
        store.ListAsync(topics.Beamline, limit, cancel);
}
