using Beamtime.Core.Topics.Redis;
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
        public IServiceCollection AddTopics(Func<IServiceProvider, CancellationToken, ValueTask<long>> nextEpoch) =>
            services.AddSingleton<TopicHub>(s =>
            {
                var (options, time) = (s.GetRequiredService<TopicOptions>(), s.GetRequiredService<TimeProvider>());
                return options.Url is { Length: > 0 }
                    ? new RedisTopics(
                        options,
                        cancel => nextEpoch(s, cancel),
                        time,
                        s.GetRequiredService<ILogger<RedisTopics>>(),
                        seed: Environment.ProcessId)
                    : new LocalTopics(time);
            });
    }
}
