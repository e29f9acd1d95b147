using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Beamtime.Tests.Support;

/// <summary>A certificate authority of a test's own; what it signs lies as PEM files in its folder.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("authority");
    private readonly X509Certificate2 _root;
    private int _serial;

    public TestAuthority(string name = "Test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now - (10 * Day), now + (10 * Day));
        File.WriteAllText(CaFile, _root.ExportCertificatePem());
    }

    /// <summary>The authority's own certificate.</summary>
    public string CaFile => _folder["ca.pem"];

    /// <summary>Signs a certificate for names and addresses, and writes it and its key.</summary>
    /// <param name="name">Name of the two files.</param>
    /// <param name="names">Host names and addresses for which it counts.</param>
    /// <param name="ends">When it ends, from now.</param>
    public (string Certificate, string Key) Issue(string name, IEnumerable<string> names, TimeSpan? ends = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var one in names)
        {
            if (IPAddress.TryParse(one, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(one);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        var now = TimeProvider.System.GetUtcNow();
        byte[] serial = [1, .. BitConverter.GetBytes(Interlocked.Increment(ref _serial))];
        using var signed = request.Create(_root, now - (5 * Day), now + (ends ?? Day), serial);
        var (certificate, keyFile) = (_folder[$"{name}.pem"], _folder[$"{name}.key"]);
        Put(certificate, signed.ExportCertificatePem());
        Put(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificate, keyFile);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa key) => new($"CN={name}", key, HashAlgorithmName.SHA256);

    // As a renewal does it: a reader sees the former file or the new one.
    private static void Put(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.SetUnixFileMode(path + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(path + ".new", path, overwrite: true);
    }
}
