namespace MuonSharp.Optimizers.Tests;

public class ScheduleTests
{
    [Fact]
    public void A_number_is_a_constant_schedule()
    {
        Schedule schedule = 0.02;
        Assert.Equal([0.02, 0.02, 0.02], Values(schedule, 3));
        Assert.False(schedule.NeedsTotalSteps);
    }

    [Fact]
    public void A_constant_warms_up_linearly() => Check([0.25, 0.5, 0.75, 1, 1, 1], new ConstantSchedule(1, WarmUpSteps: 4));

    [Fact]
    public void Linear_decay_fills_the_steps_after_the_warm_up() =>
        Check([0.25, 0.5, 0.75, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125], new LinearSchedule(1, WarmUpSteps: 4));

    [Fact]
    public void Linear_decay_leads_to_its_final_value() => Check([10, 8, 6, 4], new LinearSchedule(10, Final: 2));

    [Fact]
    public void Half_a_cosine_falls_from_the_peak_to_the_final_value() => Check(
        [1, 2, 2, 1 + (0.5 * (1 + Math.Sqrt(0.5))), 1.5, 1 + (0.5 * (1 - Math.Sqrt(0.5)))],
        new CosineSchedule(2, WarmUpSteps: 2, Final: 1));

    [Fact]
    public void The_plateau_lasts_until_the_share_that_decays() =>
        Check([0.5, 1, 1, 1, 1, 1, 2.0 / 3, 1.0 / 3], new WarmUpStableDecaySchedule(1, WarmUpSteps: 2, DecayShare: 0.375));

    [Fact]
    public void A_ramp_moves_from_its_first_value_to_its_last_and_stays() => Check([0.85, 0.875, 0.9, 0.925, 0.95, 0.95], new RampSchedule(0.85, 0.95, 4));

    [Fact]
    public void A_list_gives_one_value_a_step_and_keeps_the_last() => Check([3, 1, 2, 2], new ListSchedule([3, 1, 2]));

    [Fact]
    public void After_the_end_of_the_run_a_schedule_stays_at_its_final_value()
    {
        Assert.Equal(0.5, new LinearSchedule(1, 0, 0.5).At(1000, 10));
        Assert.Equal(0.5, new CosineSchedule(1, 0, 0.5).At(1000, 10), 1e-12);
        Assert.Equal(0.5, new WarmUpStableDecaySchedule(1, 0, 0.5, 0.5).At(1000, 10));
    }

    [Fact]
    public void Wrong_numbers_are_named()
    {
        Assert.Equal(["learning rate: warm-up steps must be >= 0, not -1"], Problems(new ConstantSchedule(1, -1)));
        Assert.Equal(["learning rate: the decay's share must lie in [0, 1], not 1.5"], Problems(new WarmUpStableDecaySchedule(1, 0, 1.5)));
        Assert.Equal(["learning rate: a list of values must hold at least one"], Problems(new ListSchedule([])));
        Assert.Equal(["learning rate must be >= 0 and finite, not -0.5"], Problems(new LinearSchedule(1, 0, -0.5)));
    }

    [Fact]
    public void Each_group_follows_its_own_schedule_at_the_right_step()
    {
        using TestModel model = TestModel.Language(layers: 1);
        Route[] routes =
        [
            .. Route.Muon(
                new MuonOptions { LearningRate = new LinearSchedule(1, WarmUpSteps: 2), Momentum = new RampSchedule(0.5, 0.9, 4), WeightDecay = new ListSchedule([0, 0.1]) },
                new AdamWOptions { LearningRate = new CosineSchedule(0.5) }),
        ];
        using var optimizer = new RoutedOptimizer(model.Store, routes, new StepOptions { TotalSteps = 6 });
        double[] muon = [0.5, 1, 1, 0.75, 0.5, 0.25];
        double[] momentum = [0.5, 0.6, 0.7, 0.8, 0.9, 0.9];
        for (int step = 1; step <= 6; step++)
        {
            model.FillGradients(step);
            StepReport report = optimizer.Step();
            Assert.Equal(step, report.Step);
            Assert.Equal(muon[step - 1], report.Groups[0].LearningRate, 1e-12);
            Assert.Equal(momentum[step - 1], report.Groups[0].Momentum, 1e-12);
            Assert.Equal(step == 1 ? 0 : 0.1, report.Groups[0].WeightDecay);
            Assert.Equal(0.25 * (1 + Math.Cos(Math.PI * (step - 1) / 6)), report.Groups[1].LearningRate, 1e-12);
        }
    }

    private static double[] Values(Schedule schedule, int steps) => [.. Enumerable.Range(1, steps).Select(step => schedule.At(step, steps))];

    private static IReadOnlyList<string> Problems(Schedule schedule) => new MuonOptions { LearningRate = schedule }.Problems(totalSteps: 10);

    private static void Check(double[] expected, Schedule schedule)
    {
        double[] actual = Values(schedule, expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-12);
        }
    }
}
