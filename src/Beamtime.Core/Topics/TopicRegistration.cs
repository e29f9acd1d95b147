using Beamtime.Core.Topics.Redis;
using Beamtime.Core.Topics.Spool;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics;

/// <summary>Registers topics: over Redis where the settings name one, in this process otherwise.</summary>
internal static class TopicRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>The hub that the domains open their topics on; the clock and the settings are registered by the host.</summary>
        /// <param name="nextEpoch">A number higher than any it gave before, for each process that publishes over Redis.</param>
        /// <param name="dataFolder">The program's data folder, where the spool lies by default.</param>
        /// <param name="roles">The process's roles, in one name: whose spool it is.</param>
        public IServiceCollection AddTopics(
            Func<IServiceProvider, CancellationToken, ValueTask<long>> nextEpoch, string dataFolder, string roles) =>
            services.AddSingleton(s =>
            {
                var options = s.GetRequiredService<SpoolOptions>();
                return new SpoolShelf(
                    options.FolderIn(dataFolder), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<SpoolShelf>>())
                    .Open(roles.Replace(',', '+'), options.Capacity);
            }).AddSingleton<TopicHub>(s =>
            {
                var (options, time) = (s.GetRequiredService<TopicOptions>(), s.GetRequiredService<TimeProvider>());
                return options.Url is { Length: > 0 }
                    ? new RedisTopics(
                        options,
                        cancel => nextEpoch(s, cancel),
                        time,
                        s.GetRequiredService<ILogger<RedisTopics>>(),
                        seed: Environment.ProcessId)
                    {
                        Spool = s.GetRequiredService<RoleSpool>(),
                    }
                    : new LocalTopics(time);
            });
    }
}
