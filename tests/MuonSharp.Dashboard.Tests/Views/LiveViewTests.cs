using System.Xml.Linq;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Views;

public sealed class LiveViewTests : IDisposable
{
    private const string Hostile = "<img src=x onerror=alert(1)> & \"quotes'";

    private readonly RunFolderOf _run = new RunFolderOf().Steps(3).Save();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Without_a_choice_the_page_follows_the_run_that_was_written_to_last()
    {
        AddRun("older", 5, age: 60);
        await using Served served = await Served.Start([_run.Parent]);
        using Listener listener = await served.Listen();
        Assert.Equal("mine - training run", (string?)(await listener.Next()).Data["title"]);
        AddRun("newer", 7, age: -60);
        Assert.Equal("newer - training run", (string?)(await listener.Next()).Data["title"]);
    }

    /// <summary>Runs that go on beside each other, as those of a sweep do, are written to in turn: a page that showed now one, now the other would be no use.</summary>
    [Fact]
    public async Task Without_a_choice_the_page_stays_with_a_run_until_it_ends()
    {
        AddRun("other", 5, age: 60);
        string other = Path.Combine(_run.Parent, "other");
        foreach (string folder in (string[])[_run.Folder, other])
        {
            File.WriteAllText(Path.Combine(folder, ".lock.holder"), $"{Environment.ProcessId}\n");
        }

        await using Served served = await Served.Start([_run.Parent]);
        using Listener listener = await served.Listen();
        Assert.Equal("mine - training run", (string?)(await listener.Next()).Data["title"]);
        File.SetLastWriteTimeUtc(Path.Combine(other, "metrics.jsonl"), File.GetLastWriteTimeUtc(Path.Combine(other, "metrics.jsonl")).AddSeconds(120));
        _run.Append(Growing.Step(4, 0.5));
        Assert.Equal("mine - training run", (string?)(await listener.Next()).Data["title"]);
        _run.Append("""{"kind":"end","step":4,"reason":"finished"}""" + "\n");
        string title;
        do
        {
            title = (string)(await listener.Next()).Data["title"]!;
        }
        while (title == "mine - training run");
        Assert.Equal("other - training run", title);
    }

    [Fact]
    public async Task Runs_below_runs_of_several_are_found_and_named_by_the_way_to_them()
    {
        Directory.CreateDirectory(Path.Combine(_run.Parent, "compare", "seed1"));
        AddRun(Path.Combine("compare", "muon-0.02"), 5);
        AddRun(Path.Combine("compare", "seed1", "muon-0.02"), 6);
        Directory.CreateDirectory(Path.Combine(_run.Folder, "checkpoints"));
        AddRun(Path.Combine("mine", "checkpoints", "inside"), 5);
        await using Served served = await Served.Start([_run.Parent]);
        string page = await served.Text("/?run=compare/seed1/muon-0.02");
        Assert.Contains("<h1>compare/seed1/muon-0.02</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Runs (3)", page, StringComparison.Ordinal);
        Assert.Contains("value=\"compare/muon-0.02\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chosen_runs_lie_over_each_other_on_the_chosen_axis()
    {
        AddRun("other", 5);
        await using Served served = await Served.Start([_run.Parent]);
        XElement page = XElement.Parse((await served.Text("/?run=mine&run=other&over=by-seconds")).Split("</style></head><body>")[1].Split("<script>")[0]);
        XElement loss = page.Descendants("figure").First(figure => figure.Value.StartsWith("Training loss", StringComparison.Ordinal));
        Assert.Equal(["mine", "other"], loss.Descendants().Attributes("data-name").Select(name => name.Value));
        Assert.Equal("seconds of training", Assert.Single(loss.Descendants().Attributes("data-unit")).Value);
        Assert.Equal(["mine", "other"], page.Descendants("input").Where(input => input.Attribute("checked") is not null && (string?)input.Attribute("name") == "run").Select(input => (string?)input.Attribute("value")));
    }

    [Fact]
    public async Task A_name_that_is_no_run_opens_nothing()
    {
        AddRun("other", 5);
        await using Served served = await Served.Start([_run.Folder]);
        Assert.Contains("What was chosen is not there.", await served.Text($"/?run={Uri.EscapeDataString("../other")}"), StringComparison.Ordinal);
        Assert.Contains("What was chosen is not there.", await served.Text($"/?run={Uri.EscapeDataString(Path.Combine(_run.Parent, "other"))}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_chosen_and_not_there_is_said_beside_what_is()
    {
        await using Served served = await Served.Start([_run.Folder]);
        string page = await served.Text($"/?run=mine&run={Uri.EscapeDataString(Hostile)}");
        Assert.Contains("<h1>mine</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Chosen and not there: &lt;img src=x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Chosen and not there", await served.Text("/?run=mine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_runs_are_text()
    {
        AddRun(Hostile.Replace("/", "", StringComparison.Ordinal), 5, age: -60);
        await using Served served = await Served.Start([_run.Parent]);
        string page = await served.Text("/");
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_run_waits_for_the_first()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_run.Parent, "empty")).FullName;
        await using Served served = await Served.Start([empty]);
        using Listener listener = await served.Listen();
        SentEvent nothing = await listener.Next();
        Assert.Contains("No run yet", nothing.Part("head"), StringComparison.Ordinal);
        Assert.DoesNotContain("details", nothing.Part("chooser"), StringComparison.Ordinal);
        AddRun(Path.Combine("empty", "first"), 2);
        Assert.Contains("<h1>first</h1>", (await listener.Next()).Part("head"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_of_one_name_are_told_apart_by_their_paths()
    {
        using RunFolderOf other = new();
        other.Steps(2).Save();
        await using Served served = await Served.Start([_run.Folder, other.Folder]);
        string page = await served.Text("/");
        Assert.Contains($"value=\"{_run.Folder}\"", page, StringComparison.Ordinal);
        Assert.Contains($"value=\"{other.Folder}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_trainer_is_there_is_in_progress()
    {
        File.WriteAllText(Path.Combine(_run.Folder, ".lock.holder"), $"{Environment.ProcessId}\n");
        await using Served served = await Served.Start([_run.Folder]);
        Assert.Contains(">In progress, muon", await served.Text("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_on_another_machine_is_not_taken_for_one_that_was_killed()
    {
        File.WriteAllText(Path.Combine(_run.Folder, ".lock.holder"), $"{Environment.ProcessId} far-away\n");
        await using Served served = await Served.Start([_run.Folder]);
        Assert.Contains(">In progress on far-away, or ended by force there, muon", await served.Text("/"), StringComparison.Ordinal);
    }

    /// <summary>A trainer that is killed writes nothing: the page must notice all the same.</summary>
    [Fact]
    public async Task A_trainer_that_is_killed_while_the_page_is_open_is_missed()
    {
        string holder = Path.Combine(_run.Folder, ".lock.holder");
        using var trainer = System.Diagnostics.Process.Start("/bin/sleep", "600");
        File.WriteAllText(holder, $"{trainer.Id} {Environment.MachineName}\n");
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        Assert.Contains(">In progress, muon", (await listener.Next()).Part("head"), StringComparison.Ordinal);
        trainer.Kill();
        await trainer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(">Ended by force, muon", (await listener.Next()).Part("head"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_trainer_was_killed_says_so()
    {
        // The number belongs to a process that began after the trainer took the folder.
        string holder = Path.Combine(_run.Folder, ".lock.holder");
        File.WriteAllText(holder, $"{Environment.ProcessId}\n");
        File.SetLastWriteTimeUtc(holder, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await using Served served = await Served.Start([_run.Folder]);
        Assert.Contains("Ended by force, muon", await served.Text("/"), StringComparison.Ordinal);
    }

    private void AddRun(string name, int steps, int age = 0)
    {
        using RunFolderOf made = new("made");
        made.Steps(steps).Save();
        string folder = Path.Combine(_run.Parent, name);
        string metrics = Path.Combine(made.Folder, "metrics.jsonl");
        File.SetLastWriteTimeUtc(metrics, File.GetLastWriteTimeUtc(metrics).AddSeconds(-age));
        Directory.Move(made.Folder, folder);
    }
}
