using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Database;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgresql://ada:pw@db.example:5433/beam", "db.example", 5433, "ada", "pw", "beam")]
    [InlineData("postgres://ada@db.example/beam", "db.example", 5432, "ada", null, "beam")]
    [InlineData("POSTGRESQL://db/beam", "db", 5432, null, null, "beam")]
    [InlineData("postgresql://a%40da:p%2Fw%3A%25@db/be%20am", "db", 5432, "a@da", "p/w:%", "be am")]
    [InlineData("postgresql://ada:p@w@db/beam", "db", 5432, "ada", "p@w", "beam")]
    [InlineData("postgresql://[::1]:5433/beam", "::1", 5433, null, null, "beam")]
    [InlineData("postgresql://%2Frun%2Fpostgresql/beam", "/run/postgresql", 5432, null, null, "beam")]
    [InlineData("postgresql:///beam?host=/run/postgresql&user=ada", "/run/postgresql", 5432, "ada", null, "beam")]
    [InlineData("postgresql://a:1,b:2/beam", "a:1,b:2", 5432, null, null, "beam")]
    [InlineData("host=db port=5433 dbname=beam user=ada password='p w\\''", "db", 5433, "ada", "p w'", "beam")]
    [InlineData("host = db dbname = beam", "db", 5432, null, null, "beam")]
    [InlineData("Host=db;Port=5433;Database=beam;Username=ada;Password=pw", "db", 5433, "ada", "pw", "beam")]
    public void A_database_url_is_read(
        string text, string host, int port, string? user, string? password, string database)
    {
        var parsed = DatabaseUrl.Parse(text);

        Assert.Equal(
            (host, port, user, password, database),
            (parsed.Host, parsed.Port, parsed.Username, parsed.Password, parsed.Database));
    }

    [Fact]
    public void Parameters_of_a_url_are_taken()
    {
        var parsed = DatabaseUrl.Parse("postgresql://db/beam?sslmode=verify-full&application_name=a%20b&connect_timeout=7");

        Assert.Equal((Npgsql.SslMode.VerifyFull, "a b", 7), (parsed.SslMode, parsed.ApplicationName, parsed.Timeout));
    }

    [Theory]
    [InlineData("disable", Npgsql.SslMode.Disable)]
    [InlineData("prefer", Npgsql.SslMode.Prefer)]
    [InlineData("require", Npgsql.SslMode.Require)]
    [InlineData("verify-ca", Npgsql.SslMode.VerifyCA)]
    [InlineData("VERIFY-FULL", Npgsql.SslMode.VerifyFull)]
    public void Every_mode_of_tls_is_read(string mode, Npgsql.SslMode expected) =>
        Assert.Equal(expected, DatabaseUrl.Parse($"postgresql://db/beam?sslmode={mode}").SslMode);

    [Theory]
    [InlineData("any")]
    [InlineData("read-write")]
    [InlineData("primary")]
    public void A_host_that_can_be_written_can_be_asked_for(string attributes) => Assert.Equal(
        attributes, DatabaseUrl.Parse($"postgresql://a,b/beam?target_session_attrs={attributes}").TargetSessionAttributes);

    [Theory]
    [InlineData("")]
    [InlineData("mysql://db/beam")]
    [InlineData("postgresql://db")]
    [InlineData("postgresql:///beam")]
    [InlineData("postgresql://db:port/beam")]
    [InlineData("postgresql://db:70000/beam")]
    [InlineData("postgresql://ada:se%cret@db/beam")]
    [InlineData("postgresql://ada:secret@db/beam?colour=red")]
    [InlineData("postgresql://ada:sec#ret@db/beam")]
    [InlineData("postgresql://db/beam?sslmode=sec")]
    [InlineData("host=a,b port=1,2 dbname=beam")]
    [InlineData("host=db dbname='beam")]
    [InlineData("host=db dbname=beam colour=red")]
    [InlineData("Host=db;Database=beam;Password=secret;nonsense")]
    public void What_cannot_be_read_is_refused_without_showing_the_password(string text)
    {
        var refused = Assert.Throws<RefusedException>(() => DatabaseUrl.Parse(text));

        Assert.All(refused.Reasons, reason => Assert.Equal("database.url.invalid", reason.Code));
        Assert.DoesNotContain("sec", refused.Message, StringComparison.Ordinal);
    }
}
