using System.Globalization;
using System.Text;
using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

/// <summary>Run folders made by hand: the files as docs/run-folder.md describes them.</summary>
internal sealed class RunFolderOf : IDisposable
{
    private readonly StringBuilder _metrics = new();

    public RunFolderOf(string name = "mine", string? config = null)
    {
        Parent = Directory.CreateTempSubdirectory("muonsharp-report-").FullName;
        Folder = Path.Combine(Parent, name);
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), config ?? TrainingConfig.FromPreset("austen").Set("train.steps", "1000").ToJson().ToJsonString());
        File.WriteAllText(Path.Combine(Folder, "environment.json"), """{"processor": "a <fast> one", "threads": 2, "started": "2026-11-28T09:30:00.0+00:00"}""");
    }

    public string Parent { get; }

    public string Folder { get; }

    /// <summary>The page as it is written into the folder.</summary>
    public string Page()
    {
        Save();
        return File.ReadAllText(RunReport.Write(Folder));
    }

    public RunFolderOf Save()
    {
        File.WriteAllText(Path.Combine(Folder, "metrics.jsonl"), _metrics.ToString());
        return this;
    }

    public RunFolderOf Line(string json)
    {
        _metrics.Append(json).Append('\n');
        return this;
    }

    /// <summary>Text without its line break, as a kill leaves it.</summary>
    public RunFolderOf Torn(string text)
    {
        _metrics.Append(text);
        return this;
    }

    public RunFolderOf Step(int step, string loss, string norm = "1.5", string logit = "3", int clipped = 0, string heads = "[[1.5,2],[3,2.5]]") => Line(string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"kind":"step","step":{{step}},"tokens":{{step * 100}},"loss":{{loss}},"lr":{"matrices":{{0.01 / step}},"auxiliary":0.003},"grad_norm":{{norm}},"update_rms":0.001,"step_ms":20,"optimizer_ms":2,"tokens_per_second":5000,"max_logit":{{logit}},"clipped_heads":{{clipped}},"head_max_logits":{{heads}},"head_factors":[[1,1],[1,1]]}
        """));

    public RunFolderOf Steps(int count)
    {
        for (int step = 1; step <= count; step++)
        {
            Step(step, (1 + (3.0 / step)).ToString("R", CultureInfo.InvariantCulture));
        }

        return this;
    }

    public RunFolderOf Evaluation(int step, double loss) => Line(string.Create(
        CultureInfo.InvariantCulture, $$"""{"kind":"eval","step":{{step}},"val_loss":{{loss}},"bits_per_byte":{{loss * 1.4427}}}"""));

    /// <summary>A sample of a matrix of 4 x 6 whose values are halved from one to the next; the gradient's greatest is the step's number.</summary>
    public RunFolderOf Spectrum(int step, string matrix = "h.0.weight") => Line(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""
        {"kind":"spectrum","step":{{{step}}},"matrix":"{{{matrix}}}","rows":4,"columns":6,"gradient":{"frobenius":{{{step * 1.5}}},"values":[{{{step}}},{{{step / 2.0}}},{{{step / 4.0}}},{{{step / 8.0}}}]},"result":{"frobenius":2,"values":[1,1,1,0]},"weights":{"frobenius":3,"values":[2,1,0.5,0.25]}}
        """));

    public void Dispose() => Directory.Delete(Parent, recursive: true);
}
