using System.Globalization;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Beamtime.Tests.Topics.Conformance;

namespace Beamtime.Tests.Topics.Redis;

/// <summary>TLS to a Redis that demands a client's certificate: let in, refused by name, and made again after a kill.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private static readonly string[] User =
        ["--user", "beam", "on", ">time", "~beamtime:*", "&beamtime:*", "+@all", "-@admin", "-@dangerous", "+info", "--user", "default", "off"];

    private readonly TestAuthority _authority = new();
    private readonly TopicSignal _signal = new();
    private readonly string _name = Hubs.Name();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task With_authority_certificate_user_and_password_topics_are_told_to_be_usable()
    {
        await using var server = await StartAsync();
        var found = await LookAsync(Options(server));
        Assert.Empty(found.Problems);
        Assert.InRange(found.CertificateEnds!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23), TimeSpan.FromHours(25));
    }

    [Fact]
    public async Task Another_hosts_certificate_is_refused_and_its_names_are_told()
    {
        await using var server = await StartAsync();
        var reason = await RefusedAsync(Options(server) with { Url = server.TlsUrl("127.0.0.1", "beam:time@") });
        Assert.Equal("redis.tls.name", reason.Code);
        Assert.Contains("localhost", reason.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("time@", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_stands_in_the_certificate_is_a_name_like_any()
    {
        await using var server = await StartAsync(["127.0.0.1"]);
        Assert.Empty((await LookAsync(Options(server) with { Url = server.TlsUrl("127.0.0.1", "beam:time@") })).Problems);
    }

    [Fact]
    public async Task An_expired_certificate_is_refused_with_its_times()
    {
        await using var server = await StartAsync(ends: TimeSpan.FromDays(-1));
        var reason = await RefusedAsync(Options(server));
        Assert.Equal("redis.tls.expired", reason.Code);
        Assert.Contains("CN=server", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_strangers_certificate_is_refused_with_and_without_an_authority()
    {
        using var stranger = new TestAuthority("Somebody else");
        await using var server = await StartAsync();
        Assert.Equal("redis.tls.untrusted", (await RefusedAsync(Options(server) with { CaFile = stranger.CaFile })).Code);
        Assert.Equal("redis.tls.untrusted", (await RefusedAsync(Options(server) with { CaFile = null })).Code);
    }

    [Fact]
    public async Task A_client_without_certificate_or_with_one_that_does_not_count_is_told_so()
    {
        using var stranger = new TestAuthority("Somebody else");
        await using var server = await StartAsync();
        var none = await RefusedAsync(Options(server) with { CertificateFile = null, KeyFile = null });
        Assert.Equal("redis.tls.client", none.Code);
        var (foreign, key) = stranger.Issue("foreign", []);
        Assert.Equal("redis.tls.client", (await RefusedAsync(Options(server) with { CertificateFile = foreign, KeyFile = key })).Code);
        (foreign, key) = _authority.Issue("late", [], TimeSpan.FromDays(-1));
        var late = await RefusedAsync(Options(server) with { CertificateFile = foreign, KeyFile = key });
        Assert.Equal("redis.tls.client", late.Code);
        Assert.Contains(foreign, late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_over_tls_is_a_matter_of_login()
    {
        await using var server = await StartAsync();
        Assert.Equal("redis.login", (await RefusedAsync(Options(server) with { Url = server.TlsUrl(login: "beam:beam@") })).Code);
        Assert.Equal("redis.login", (await RefusedAsync(Options(server) with { Url = server.TlsUrl() })).Code);
    }

    [Fact]
    public async Task Tls_on_a_plain_port_is_told()
    {
        await using var server = await StartAsync();
        var url = string.Create(CultureInfo.InvariantCulture, $"rediss://beam:time@localhost:{server.Port}");
        Assert.Equal("redis.tls", (await RefusedAsync(Options(server) with { Url = url })).Code);
    }

    [Fact]
    public async Task Files_that_cannot_be_used_are_told_and_such_as_nothing_would_use_are_refused()
    {
        await using var server = await StartAsync();
        var options = Options(server);
        foreach (var wrong in new[]
        {
            options with { CaFile = "/nowhere/ca.pem" },
            options with { CaFile = options.KeyFile },
            options with { CertificateFile = "/nowhere/own.pem" },
            options with { KeyFile = options.CaFile },
            options with { KeyFile = _authority.Issue("other", []).Key },
        })
        {
            Assert.Equal("redis.tls.files", (await RefusedAsync(wrong)).Code);
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => LookAsync(options with { Url = server.TcpUrl, CertificateFile = null }));
        Assert.Equal(["redis.tls.files", "redis.tls.files"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task After_a_kill_the_connection_is_made_again_and_nothing_is_lost_or_twice()
    {
        const int Count = 20_000;
        await using var server = await StartAsync();
        var options = Options(server);
        await using var publisher = Hubs.Redis(options, TimeProvider.System);
        await using var reader = Hubs.Redis(options, TimeProvider.System);
        var topic = publisher.Open(Hubs.Topic(_name, 1024, "reader"));
        var publishing = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                {
                    await topic.PublishAsync(i.ToString(CultureInfo.InvariantCulture), Cancel);
                }
            },
            Cancel);
        using var subscription = reader.Open(Hubs.Topic(_name, 1024, "reader")).Subscribe("reader", _signal);
        var kills = 0;
        for (var read = 0; read < Count;)
        {
            foreach (var text in await subscription.ReadAsync(_signal, 1, Cancel))
            {
                Assert.Equal(read++, int.Parse(text, CultureInfo.InvariantCulture));
            }

            subscription.AcknowledgeRead();
            if (kills < 3 && read > Count / 4 * (kills + 1))
            {
                kills++;
                await server.KillAsync();
                await server.RestartAsync();
            }
        }

        await publishing.Soon();
        Assert.Equal((Count, 0L, 3), (subscription.Position, subscription.Skipped, kills));
    }

    [Fact]
    public async Task A_renewed_certificate_counts_from_the_next_connection_on()
    {
        await using var server = await StartAsync();
        var options = Options(server);
        _authority.Issue("client", [], TimeSpan.FromDays(-1));
        await using var hub = Hubs.Redis(options, TimeProvider.System);
        while (hub.Link.Trouble?.Reason.Code != "redis.tls.client")
        {
            await Task.Yield();
            Cancel.ThrowIfCancellationRequested();
        }

        _authority.Issue("client", []);
        await hub.Link.UpAsync(Cancel).AsTask().Soon();
    }

    private Task<RedisServer> StartAsync(string[]? names = null, TimeSpan? ends = null) =>
        RedisServer.StartTlsAsync(_authority, _authority.Issue("server", names ?? ["localhost"], ends), User);

    private TopicOptions Options(RedisServer server)
    {
        var (certificate, key) = _authority.Issue("client", []);
        return new TopicOptions
        {
            Url = server.TlsUrl(login: "beam:time@"),
            CaFile = _authority.CaFile,
            CertificateFile = certificate,
            KeyFile = key,
        };
    }

    private static Task<RedisFindings> LookAsync(TopicOptions options) =>
        RedisFindings.LookAsync(options, TimeProvider.System, Cancel).Soon();

    private static async Task<Reason> RefusedAsync(TopicOptions options)
    {
        var reason = (await Assert.ThrowsAsync<FaultException>(() => LookAsync(options))).Reason;
        TestContext.Current.TestOutputHelper?.WriteLine($"{reason.Code}: {reason.Message}\n  {reason.Remedy}");
        return reason;
    }
}
