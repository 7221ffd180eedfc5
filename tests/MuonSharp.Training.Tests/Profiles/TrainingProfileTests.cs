using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Profiles;

[Collection(nameof(WholeProcess))]
public class TrainingProfileTests
{
    [Fact]
    public async Task The_rows_are_the_whole_step_in_order_and_the_cold_steps_are_left_out()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder, steps: 12), options: new TrainerOptions { Profile = true });
        await TestRun.Run(trainer);

        TrainingProfile profile = trainer.Profile!;
        IReadOnlyList<ProfileRow> rows = profile.Rows();
        Assert.Equal(9, profile.Steps);
        Assert.Equal(["data", "forward", "backward", "optimizer", "other"], rows.Select(row => row.Phase).Distinct());
        Assert.Equal(profile.StepMilliseconds, rows.Sum(row => row.Milliseconds), profile.StepMilliseconds * 1e-3);
        Assert.Equal(1, rows.Sum(row => row.Share), 1e-3);
        Assert.All(rows.Where(row => row.Phase is "forward" or "backward"), row => Assert.True(row.Calls >= 1 && row.Milliseconds > 0));

        // 384 tokens; 12 w² weights a layer, w = 64, no biases: forward 2 FLOPs a weight and token, backward 4.
        double hidden = 384.0 * 2 * 12 * 64 * 64;
        Assert.Equal(2 * hidden, rows.Where(row => row is { Phase: "forward", Name: "linear" }).Sum(row => row.Flops));
        Assert.Equal(4 * hidden, rows.Where(row => row is { Phase: "backward", Name: "linear" }).Sum(row => row.Flops));
        Assert.Contains(rows, row => row is { Phase: "optimizer", Name: "muon: orthogonalize", Flops: > 0 });
        Assert.Contains(rows, row => row is { Phase: "optimizer", Name: "adamw: update" });
    }

    [Fact]
    public async Task Spectra_have_a_row_and_their_time_counts_in_the_step()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 12).Set("log.spectraEvery", "4"), options: new TrainerOptions { Profile = true });
        await TestRun.Run(trainer);
        IReadOnlyList<ProfileRow> rows = trainer.Profile!.Rows();
        ProfileRow spectra = Assert.Single(rows, row => row.Phase == "spectra");
        Assert.Equal(3.0 / 9, spectra.Calls);
        Assert.True(spectra.Milliseconds > 0);
        Assert.Equal(trainer.Profile.StepMilliseconds, rows.Sum(row => row.Milliseconds), trainer.Profile.StepMilliseconds * 1e-3);
    }

    [Fact]
    public async Task A_profile_changes_no_bit_and_is_off_unless_asked_for()
    {
        using TemporaryFolder folder = new();
        List<string> bits = [];
        foreach (bool measured in (bool[])[false, true])
        {
            using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 5), options: new TrainerOptions { Profile = measured });
            await TestRun.Run(trainer);
            bits.Add(TestRun.Bits(trainer));
            Assert.Equal(measured, trainer.Profile is not null);
        }

        Assert.Equal(bits[0], bits[1]);
    }

    [Fact]
    public void A_measured_step_allocates_nothing()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 3000), options: new TrainerOptions { Profile = true });
        TrainingStep step = trainer.Parts.Step;
        long number = 0;
        while (number < 20)
        {
            step.Run(++number);
        }

        long[] allocated = AllocatedBytes.LeastOf(trainer.Task.Team, () =>
        {
            for (int i = 0; i < 40; i++)
            {
                step.Run(++number);
            }
        });
        Assert.All(allocated, bytes => Assert.Equal(0, bytes));
        Assert.Equal(number, trainer.Profile!.Steps);
    }
}
