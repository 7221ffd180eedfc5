using System.Text;
using Microsoft.AspNetCore.Http;
using MuonSharp.Dashboard.Views;

namespace MuonSharp.Dashboard.Http;

/// <summary>Answers requests: <c>/</c> with the page as it is now, <c>/events</c> with what changes.</summary>
/// <param name="views">The views of all pages that are open.</param>
/// <param name="stopping">The server's end.</param>
internal sealed class Requests(LiveViews views, CancellationToken stopping)
{
    /// <summary>Answers a request that may be answered.</summary>
    public Task Answer(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/":
                return Page(context);
            case "/events":
                return EventStream.Send(context, views, stopping);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return context.Response.WriteAsync("there is nothing here\n", context.RequestAborted);
        }
    }

    private async Task Page(HttpContext context)
    {
        LiveView view = views.Of(ViewChoice.Of(context.Request.Query));
        ViewState state;
        try
        {
            state = await view.Next(after: null, context.RequestAborted);
        }
        finally
        {
            views.Leave(view);
        }

        (string text, string policy) = LivePage.Of(state);
        context.Response.Headers.ContentSecurityPolicy = policy;
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted);
    }
}
