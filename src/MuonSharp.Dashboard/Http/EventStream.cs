using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MuonSharp.Dashboard.Views;

namespace MuonSharp.Dashboard.Http;

/// <summary>Server-sent events of a view: each brings the parts that changed, and its <c>id</c> says which state the page has then.</summary>
/// <remarks>
/// The id holds a hash of every part, and nothing of this process: whoever comes back with it, as browsers do after a lost connection, gets the parts that
/// are other ones now, from this server or from one that was started since.
/// </remarks>
internal static class EventStream
{
    private const string LastEventId = "Last-Event-ID";
    private const int LongestState = 4096;

    private static readonly byte[] s_end = "event: end\ndata: {}\n\n"u8.ToArray();

    /// <summary>A connection that says nothing for longer is taken for dead by what may lie between.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    /// <summary>Sends events until the reader or the server ends.</summary>
    public static async Task Send(HttpContext context, LiveViews views, CancellationToken stopping)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        LiveView view = views.Of(ViewChoice.Of(context.Request.Query));
        string had = context.Request.Headers[LastEventId] is [{ Length: > 0 } id] ? id : context.Request.Query["state"].ToString();
        had = had.Length <= LongestState ? had : "";
        context.Response.ContentType = "text/event-stream";
        try
        {
            await context.Response.WriteAsync("retry: 1000\n\n", ends.Token);
            await context.Response.Body.FlushAsync(ends.Token);
            while (true)
            {
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ends.Token);
                quiet.CancelAfter(s_silence);
                ReadOnlyMemory<byte> message = ":\n\n"u8.ToArray();
                try
                {
                    ViewState now = await view.Next(after: had, quiet.Token);
                    message = Message(now, had);
                    had = now.Id;
                }
                catch (OperationCanceledException) when (!ends.IsCancellationRequested)
                {
                    // Nothing happened for a while; the reader shall know that we are there.
                }

                await context.Response.Body.WriteAsync(message, ends.Token);
                await context.Response.Body.FlushAsync(ends.Token);
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested && stopping.IsCancellationRequested)
        {
            await SendLast(context, view, had);
        }
        catch (Exception error) when (ends.IsCancellationRequested && error is OperationCanceledException or IOException)
        {
            // The reader has gone.
        }
        finally
        {
            views.Leave(view);
        }
    }

    /// <summary>The server ends, with a training mostly: the page shall show how that ended, which may have been written since the last look, and that no connection was lost.</summary>
    private static async Task SendLast(HttpContext context, LiveView view, string had)
    {
        ViewState last = view.Last();
        try
        {
            if (last.Id != had)
            {
                await context.Response.Body.WriteAsync(Message(last, had), context.RequestAborted);
            }

            await context.Response.Body.WriteAsync(s_end, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The reader has gone.
        }
    }

    /// <summary>An event: the parts that a page of another state does not have, and the order of all.</summary>
    private static ReadOnlyMemory<byte> Message(ViewState now, string had)
    {
        ArrayBufferWriter<byte> message = new();
        message.Write(Encoding.UTF8.GetBytes($"id: {now.Id}\nevent: parts\ndata: "));
        using (Utf8JsonWriter json = new(message))
        {
            json.WriteStartObject();
            json.WriteString("title"u8, now.Title);
            json.WriteStartArray("order"u8);
            foreach (ViewPart part in now.Parts)
            {
                json.WriteStringValue(part.Name);
            }

            json.WriteEndArray();
            json.WriteStartObject("parts"u8);
            foreach (ViewPart part in now.ChangedSince(had))
            {
                json.WriteString(part.Name, part.Markup);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        message.Write("\n\n"u8);
        return message.WrittenMemory;
    }
}
