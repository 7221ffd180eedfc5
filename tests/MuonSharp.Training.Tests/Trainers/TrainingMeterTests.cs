using System.Diagnostics.Metrics;

namespace MuonSharp.Training.Tests.Trainers;

public class TrainingMeterTests
{
    [Fact]
    public async Task A_listener_hears_of_every_step_what_the_lines_say()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 6).Set("checkpoint.every", "-1").Set("qkClip.tau", "0.05");
        string run = folder.File("a-run-that-is-listened-to");
        Dictionary<string, List<double>> heard = new(StringComparer.Ordinal);
        using MeterListener listener = new() { InstrumentPublished = static (instrument, listening) => { if (instrument.Meter.Name == "MuonSharp") { listening.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.Start();
        List<TrainingEvent> events;
        using (Trainer trainer = Trainer.Create(config, run))
        {
            trainer.Parts.Step.GradientHook = static (parameters, step) =>
            {
                if (step == 3)
                {
                    parameters.Parameters[0].Gradient.Span[0] = float.NaN;
                }
            };
            events = await TestRun.Run(trainer);
        }

        StepLine[] lines = [.. events.OfType<StepEvent>().Select(step => step.Metrics)];
        Assert.Equal(5, lines.Length);
        Assert.Equal(lines.Select(line => line.Loss), heard["muonsharp.loss"]);
        Assert.Equal([1], heard["muonsharp.steps.skipped"]);
        Assert.Equal(6, heard["muonsharp.steps"].Sum());
        Assert.Equal(lines[^1].Units, heard["muonsharp.tokens"].Sum());
        Assert.Equal(lines.Sum(line => line.ClippedHeads), heard["muonsharp.heads.clipped"].Sum());
        Assert.True(heard["muonsharp.heads.clipped"].Sum() > 0, "no head was clipped: the test says nothing of them");
        Assert.Equal(6, heard["muonsharp.step.duration"].Count);
        Assert.Equal(lines.Select(line => line.StepMilliseconds / 1000), heard["muonsharp.step.duration"].Where((_, step) => step != 2), (one, other) => Math.Abs(one - other) < 1e-9);

        void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags is [{ Key: "run", Value: "a-run-that-is-listened-to" }])
            {
                (heard.TryGetValue(instrument.Name, out List<double>? all) ? all : heard[instrument.Name] = []).Add(value);
            }
        }
    }
}
