using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Http;

public sealed class EventStreamTests : IDisposable
{
    private readonly RunFolderOf _run = new RunFolderOf().Steps(3).Save();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Who_has_nothing_gets_every_part_in_its_order()
    {
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        SentEvent first = await listener.Next();
        Assert.Equal("parts", first.Name);
        Assert.Equal(["head", "chooser", "curves", "step", "settings", "machine"], first.Parts);
        Assert.Equal(first.Parts, first.Data["order"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("mine - training run", (string?)first.Data["title"]);
    }

    [Fact]
    public async Task A_line_that_is_written_changes_what_it_is_in_and_nothing_else()
    {
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        SentEvent first = await listener.Next();
        _run.Append(Growing.Step(4, 0.0625));
        SentEvent second = await listener.Next();
        Assert.Equal(["head", "curves", "step"], second.Parts);
        Assert.Contains(">0.0625<", second.Part("step"), StringComparison.Ordinal);
        Assert.NotEqual(first.Id, second.Id);

        _run.Append("""{"kind":"sample","step":4,"prompt":"It is","text":" a truth"}""" + "\n");
        SentEvent third = await listener.Next();
        Assert.Equal(["samples"], third.Parts);
        Assert.Equal(["head", "chooser", "curves", "step", "samples", "settings", "machine"], third.Data["order"]!.AsArray().Select(name => (string)name!));
        Assert.Contains("<b>It is</b> a truth", third.Part("samples"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_is_shown_once_it_is_whole()
    {
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        _ = await listener.Next();
        string line = Growing.Step(4, 0.0625);
        _run.Append(line[..50]);
        _run.Append(line[50..] + Growing.Step(5, 0.03125)[..20]);
        SentEvent next = await listener.Next();
        Assert.Contains(">0.0625<", next.Part("step"), StringComparison.Ordinal);
        Assert.DoesNotContain("could not be read", next.Part("head"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_back_gets_what_changed_meanwhile_from_a_new_server_too()
    {
        string id;
        await using (Served served = await Served.Start([_run.Folder]))
        {
            using Listener listener = await served.Listen();
            id = (await listener.Next()).Id;
        }

        await using Served again = await Served.Start([_run.Folder]);
        using Listener returned = await again.Listen(lastId: id);
        using Listener byAddress = await again.Listen($"/events?state={Uri.EscapeDataString(id)}");
        _run.Append(Growing.Step(4, 0.0625));
        Assert.Equal(["head", "curves", "step"], (await returned.Next()).Parts);
        Assert.Equal(["head", "curves", "step"], (await byAddress.Next()).Parts);
        _run.Append(Growing.Step(5, 0.03125));
        using Listener late = await again.Listen(lastId: id);
        Assert.Equal(["head", "curves", "step"], (await late.Next()).Parts);
    }

    [Fact]
    public async Task A_run_that_was_cut_back_is_read_anew()
    {
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        Assert.Contains(">3<", (await listener.Next()).Part("step"), StringComparison.Ordinal);

        // Another trainer goes on from step 1 and soon is beyond the place that was read.
        string metrics = Path.Combine(_run.Folder, "metrics.jsonl");
        string[] lines = File.ReadAllLines(metrics);
        File.WriteAllText(Path.Combine(_run.Folder, ".lock.holder"), "not a number");
        File.WriteAllText(metrics, lines[0] + "\n" + string.Concat(Enumerable.Range(2, 5).Select(step => Growing.Step(step, 0.25))));

        // The server may look while the file is being written.
        SentEvent next;
        do
        {
            next = await listener.Next();
        }
        while (!next.Parts.Contains("step") || !next.Part("step").Contains(">0.2500<", StringComparison.Ordinal));

        Assert.DoesNotContain("could not be read", next.Part("head"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_itself_is_the_state_that_its_events_go_on_from()
    {
        await using Served served = await Served.Start([_run.Folder]);
        string page = await served.Text("/");
        string state = page.Split("data-state=\"")[1].Split('"')[0];
        using Listener listener = await served.Listen($"/events?state={Uri.EscapeDataString(state)}");
        _run.Append(Growing.Step(4, 0.0625));
        Assert.Equal(["head", "curves", "step"], (await listener.Next()).Parts);
    }

    [Fact]
    public async Task What_was_written_since_the_last_look_is_sent_before_the_server_ends()
    {
        await using Served served = await Served.Start([_run.Folder], interval: TimeSpan.FromMinutes(1));
        using Listener listener = await served.Listen();
        _ = await listener.Next();
        _run.Append(Growing.Step(4, 0.0625));
        Task end = served.Stop();
        Assert.Contains(">0.0625<", (await listener.Next()).Part("step"), StringComparison.Ordinal);
        await end;
        Assert.Equal("end", (await listener.Next()).Name);
        await Assert.ThrowsAsync<EndOfStreamException>(listener.Next);
    }
}
