namespace Beamtime.Roles;

/// <summary>The loops of this process's roles: started in their order, stopped in the reverse one.</summary>
/// <param name="loops">The loops.</param>
internal sealed class RoleLoops(IReadOnlyList<RoleLoop> loops) : IHostedService, IDisposable
{
    /// <summary>The loops in the order in which they start.</summary>
    public IReadOnlyList<RoleLoop> Loops => loops;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var loop in loops)
        {
            loop.Start();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        for (var i = loops.Count - 1; i >= 0; i--)
        {
            await loops[i].StopAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var loop in loops)
        {
            loop.Dispose();
        }
    }
}
