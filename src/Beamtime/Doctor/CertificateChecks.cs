using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Beamtime.Core.Database;
using Beamtime.Core.Topics;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;

namespace Beamtime.Doctor;

/// <summary>Every certificate that the settings name: whether it can be read, when it ends, and who may read its key.</summary>
internal static class CertificateChecks
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    /// <summary>Reads them.</summary>
    /// <param name="launch">The settings.</param>
    public static IReadOnlyList<Finding> Of(HostLaunch launch)
    {
        var (api, topics) = (launch.Settings.Get<ApiOptions>(), launch.Settings.Get<TopicOptions>());
        List<Finding> findings = [];
        Certificate("certificate of REST", api.TlsCertificate);
        Key("key of REST's certificate", api.TlsKey);
        Certificate("authorities for Redis", topics.CaFile);
        Certificate("certificate for Redis", topics.CertificateFile);
        Key("key of the certificate for Redis", topics.KeyFile ?? topics.CertificateFile);
        foreach (var (name, url) in new[] { ("the owner", launch.Database.Url), ("the program", launch.Database.ProgramUrl) })
        {
            if (url is not { Length: > 0 })
            {
                continue;
            }

            try
            {
                var login = DatabaseUrl.Parse(url);
                Certificate($"authorities for the database, {name}", login.RootCertificate);
                Certificate($"certificate for the database, {name}", login.SslCertificate);
                Key($"key of the certificate for the database, {name}", login.SslKey);
            }
            catch (RefusedException)
            {
                // Told where the database is tried.
            }
        }

        return findings;

        void Certificate(string what, string? file)
        {
            if (file is { Length: > 0 })
            {
                findings.Add(Read(what, file, launch.Time.GetUtcNow()));
            }
        }

        void Key(string what, string? file)
        {
            if (file is { Length: > 0 } && File.Exists(file) && (File.GetUnixFileMode(file) & Others) != 0)
            {
                findings.Add(Finding.Fail(what, DoctorErrors.KeyOpen, $"{file} has mode {Convert.ToString((int)File.GetUnixFileMode(file), 8)}"));
            }
        }
    }

    /// <summary>What is to be said of a certificate's end.</summary>
    /// <param name="what">Which certificate.</param>
    /// <param name="detail">Where it lies.</param>
    /// <param name="begins">When it begins to count.</param>
    /// <param name="ends">When it ends.</param>
    /// <param name="now">Now.</param>
    public static Finding Judge(string what, string detail, DateTimeOffset begins, DateTimeOffset ends, DateTimeOffset now)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"{detail}; ends {ends.UtcDateTime:u}, in {(ends - now).TotalDays:0} days");
        return ends <= now ? Finding.Fail(what, DoctorErrors.CertificateEnded, string.Create(CultureInfo.InvariantCulture, $"{detail}; ended {ends.UtcDateTime:u}"))
            : begins > now ? Finding.Fail(what, DoctorErrors.CertificateEnded, string.Create(CultureInfo.InvariantCulture, $"{detail}; begins {begins.UtcDateTime:u}"))
            : ends - now < Notice ? Finding.Warn(what, DoctorErrors.CertificateEnds, said)
            : Finding.Ok(what, said);
    }

    // Of several in a file, the one that ends first counts.
    private static Finding Read(string what, string file, DateTimeOffset now)
    {
        try
        {
            X509Certificate2Collection all = [];
            all.ImportFromPemFile(file);
            return all.MinBy(c => c.NotAfter) is { } first
                ? Judge(what, $"{file}: {first.Subject}", new DateTimeOffset(first.NotBefore), new DateTimeOffset(first.NotAfter), now)
                : Finding.Fail(what, DoctorErrors.CertificateUnusable, $"{file} holds no certificate");
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return Finding.Fail(what, DoctorErrors.CertificateUnusable, $"{file}: {error.Message}");
        }
    }
}
