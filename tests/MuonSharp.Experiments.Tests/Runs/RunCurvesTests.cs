using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class RunCurvesTests
{
    private const string Done = """
        {"kind":"step","step":1,"loss":4}
        {"kind":"step","step":2,"loss":2}
        {"kind":"eval","step":2,"val_loss":3.5}
        {"kind":"end","step":2,"reason":"finished"}

        """;

    [Fact]
    public void The_training_loss_is_the_trainers_smoothed_one()
    {
        RunCurves curves = Read(Done);
        Assert.Equal([1, 2], curves.Training.Select(point => point.Step));
        Assert.Equal(4, curves.Training[0].Loss, 12);
        Assert.Equal(((0.9 * 4) + 2) / 1.9, curves.Training[1].Loss, 12);
        Assert.Equal([new(2, 3.5)], curves.Evaluations);
        Assert.Equal("finished", curves.End);
    }

    [Theory]
    [InlineData("{\"kind\":\"st")]
    [InlineData("{}\n")]
    [InlineData("{\"kind\":\"step\",\"step\":3,\"loss\":1}\n")]
    public void A_run_is_over_only_if_its_last_line_says_so(string more) => Assert.Null(Read(Done + more).End);

    [Theory]
    [InlineData("{\"kind\":\"st\n")]
    [InlineData("{\"kind\":\"eval\",\"step\":2,\"val_loss\":\"low\"}\n")]
    [InlineData("[]\n")]
    public void A_damaged_line_is_named_and_does_not_hide_the_end(string line)
    {
        RunCurves curves = Read(line + Done);
        Assert.Equal(1, curves.DamagedLine);
        Assert.Equal("finished", curves.End);
        Assert.Equal([new(2, 3.5)], curves.Evaluations);
        Assert.Null(Read(Done).DamagedLine);
    }

    [Fact]
    public void A_run_without_metrics_is_not_over()
    {
        using TemporaryFolder folder = new();
        Assert.Null(RunCurves.Read(new RunFolder(folder.Path), "compare").End);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_infinity() =>
        Assert.Equal([new(1, double.PositiveInfinity)], Read("{\"kind\":\"eval\",\"step\":1,\"val_loss\":null}\n").Evaluations);

    [Theory]
    [InlineData(200, 200)]
    [InlineData(201, 101)]
    [InlineData(2000, 200)]
    public void Long_curves_are_thinned_out_and_keep_their_last_point(int steps, int points)
    {
        IReadOnlyList<CurvePoint> training = Read(string.Concat(Enumerable.Range(1, steps).Select(step => $"{{\"kind\":\"step\",\"step\":{step},\"loss\":1}}\n"))).Training;
        Assert.Equal(points, training.Count);
        Assert.Equal(steps, training[^1].Step);
    }

    private static RunCurves Read(string metrics)
    {
        using TemporaryFolder folder = new();
        folder.Write("metrics.jsonl", metrics);
        return RunCurves.Read(new RunFolder(folder.Path), "compare");
    }
}
