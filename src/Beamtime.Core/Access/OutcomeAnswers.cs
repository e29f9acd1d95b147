using System.Diagnostics;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;

namespace Beamtime.Core.Access;

/// <summary>Turns an outcome into the answer of a route.</summary>
internal static class OutcomeAnswers
{
    /// <summary>The answer made of the accepted value, or a problem with every reason.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="accepted">Makes the answer of the accepted value.</param>
    /// <typeparam name="T">What the accepted request gives.</typeparam>
    public static IResult Answer<T>(this Outcome<T> outcome, Func<T, IResult> accepted) => outcome switch
    {
        Accepted<T> given => accepted(given.Value),
        Refused<T> refused => new RefusalAnswer(refused.Reasons),
        _ => throw new UnreachableException(),
    };

    private sealed class RefusalAnswer(IReadOnlyList<Reason> reasons) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            ProblemWriter.SendAsync(httpContext, ProblemWriter.OfReasons(reasons, httpContext.TraceIdentifier));
    }
}
