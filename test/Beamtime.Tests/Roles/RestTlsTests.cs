using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Roles;

/// <summary>REST over TLS: served by the program, asked by the command line, renewed while it runs.</summary>
public sealed class RestTlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("rest-tls");
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_program_serves_https_alone_and_the_command_line_asks_with_the_authoritys_file()
    {
        await using var program = await StartAsync();
        var port = new Uri(program.Ready["address"]!.GetValue<string>()).Port;
        Assert.StartsWith("https://", program.Ready["address"]!.GetValue<string>(), StringComparison.Ordinal);
        var server = $"https://localhost:{port}";
        var (exit, output, error) = await RunningProgram.RunAsync(
            Cancel, "device", "ls", "--json", "--server", server, "--ca-file", _authority.CaFile);
        Assert.True(exit == 0, output + error);
        Assert.Contains("samx", output, StringComparison.Ordinal);
        (exit, output, error) = await RunningProgram.RunAsync(
            new Dictionary<string, string> { ["BEAMTIME_CA_FILE"] = _authority.CaFile, ["BEAMTIME_SERVER"] = server }, Cancel, "whoami");
        Assert.True(exit == 0, output + error);

        // Signed by a stranger, made for another name, not over TLS.
        foreach (string[] wrong in (string[][])[["--server", server], ["--server", $"https://127.0.0.1:{port}", "--ca-file", _authority.CaFile]])
        {
            (exit, output, error) = await RunningProgram.RunAsync(Cancel, ["whoami", .. wrong]);
            Assert.Equal((4, ""), (exit, output));
            Assert.Contains("cli.server.tls", error, StringComparison.Ordinal);
            Assert.Contains("--ca-file", error, StringComparison.Ordinal);
        }

        (exit, _, error) = await RunningProgram.RunAsync(Cancel, "whoami", "--server", $"http://localhost:{port}");
        Assert.Equal(4, exit);
        Assert.Contains("https", error, StringComparison.Ordinal);

        // Renewed while it runs.
        var before = await PeerAsync(port);
        _authority.Issue("server", ["localhost"]);
        var renewed = before;
        while (renewed == before)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
            renewed = await PeerAsync(port);
        }

        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = Beamtime.Cli.ServerTrust.Of(_authority.CaFile) })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await http.GetAsync(new Uri($"{server}/api/v2/ready"), Cancel);
        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal(0, await program.StopAsync(Cancel));
    }

    [Fact]
    public void Other_machines_are_served_over_tls_or_behind_a_proxy_and_not_otherwise()
    {
        var (certificate, key) = _authority.Issue("server", ["localhost"]);
        Assert.Equal("api.listen.unsafe", Assert.Single(Refused(new ApiOptions { Listen = "0.0.0.0" })).Code);
        Assert.Equal("api.listen.unsafe", Assert.Single(Refused(new ApiOptions { Listen = "::" })).Code);
        Assert.Equal("api.listen.unsafe", Assert.Single(Refused(new ApiOptions { Listen = "10.1.2.3" })).Code);
        Assert.False(new ApiDoor(new ApiOptions { Listen = "0.0.0.0", TlsCertificate = certificate, TlsKey = key }, TimeProvider.System).IsLoopback);
        Assert.False(new ApiDoor(new ApiOptions { Listen = "0.0.0.0", Proxies = ["10.1.2.3"] }, TimeProvider.System).IsLoopback);
        Assert.True(new ApiDoor(new ApiOptions(), TimeProvider.System).IsLoopback);
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_told_with_every_other_mistake()
    {
        var (certificate, key) = _authority.Issue("server", ["localhost"]);
        var (_, other) = _authority.Issue("other", ["localhost"]);
        foreach (var wrong in new ApiOptions[]
        {
            new() { TlsCertificate = certificate },
            new() { TlsKey = key },
            new() { TlsCertificate = certificate, TlsKey = other },
            new() { TlsCertificate = key, TlsKey = key },
            new() { TlsCertificate = "/nowhere/server.pem", TlsKey = key },
        })
        {
            Assert.Equal("api.tls.unusable", Assert.Single(Refused(wrong)).Code);
        }

        Assert.Equal(
            ["api.address.invalid", "api.address.invalid", "api.tls.unusable"],
            Refused(new ApiOptions { Listen = "here", Proxies = ["there"], TlsKey = key }).Select(r => r.Code));
    }

    [Fact]
    public void Half_a_renewal_leaves_the_former_certificate_in_force()
    {
        FakeClock clock = new();
        var (file, key) = _authority.Issue("server", ["localhost"]);
        var (_, other) = _authority.Issue("other", ["localhost"]);
        ApiCertificate certificate = new(file, key, clock);
        var first = Serial();
        File.Copy(other, key, overwrite: true);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(first, Serial());
        File.Delete(file);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(first, Serial());
        _authority.Issue("server", ["localhost"], TimeSpan.FromDays(3));
        Assert.Equal(first, Serial());
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(first, Serial());
        Assert.True(certificate.Ends > TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2));

        string Serial() => certificate.Current(NullLogger.Instance).TargetCertificate.SerialNumber;
    }

    private static IReadOnlyList<Reason> Refused(ApiOptions options) =>
        Assert.Throws<RefusedException>(() => new ApiDoor(options, TimeProvider.System)).Reasons;

    private async Task<RunningProgram> StartAsync()
    {
        var (certificate, key) = _authority.Issue("server", ["localhost"]);
        var site = RunningHost.WriteSite(
            _folder["site"], "samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline}\n");
        await File.AppendAllTextAsync(
            Path.Combine(site, "beamtime.yaml"), $"api:\n  tls_certificate: {certificate}\n  tls_key: {key}\n", Cancel);
        return await RunningProgram.UpAsync(site, _folder["data"], Cancel);
    }

    // The serial number of the certificate that a new connection is shown.
    private async Task<string> PeerAsync(int port)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await using SslStream tls = new(tcp.GetStream(), leaveInnerStreamOpen: false);
        var trust = Beamtime.Cli.ServerTrust.Of(_authority.CaFile);
        trust.TargetHost = "localhost";
        await tls.AuthenticateAsClientAsync(trust, Cancel);
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }
}
