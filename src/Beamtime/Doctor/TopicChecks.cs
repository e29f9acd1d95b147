using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;

namespace Beamtime.Doctor;

/// <summary>Where topics lie: Redis, if roles run in several processes. Whether it answers, how old it is, and whether it forgets.</summary>
internal static class TopicChecks
{
    /// <summary>Tries Redis, where one is set.</summary>
    /// <param name="launch">The settings.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(HostLaunch launch, CancellationToken cancel)
    {
        var options = launch.Settings.Get<TopicOptions>();
        if (options.Url is not { Length: > 0 })
        {
            return [Finding.Ok("Redis", "not set: topics are in process")];
        }

        try
        {
            var found = await RedisFindings.LookAsync(options, launch.Time, cancel);
            return
            [
                Finding.Ok("Redis", $"version {found.Version} answers, maxmemory-policy {found.Policy}"),
                Finding.Ok("Redis's persistence", found.Persistence),
                .. found.CertificateEnds is { } ends
                    ? [CertificateChecks.Judge("certificate of Redis", "the one that it shows", DateTimeOffset.MinValue, ends, launch.Time.GetUtcNow())]
                    : Array.Empty<Finding>(),
                .. found.Problems.Select(p => Finding.Fail("Redis", p)),
            ];
        }
        catch (FaultException fault)
        {
            return [Finding.Fail("Redis", fault.Reason)];
        }
        catch (RefusedException refused)
        {
            return [.. refused.Reasons.Select(r => Finding.Fail("Redis", r))];
        }
    }
}
