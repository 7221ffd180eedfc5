namespace MuonSharp.Training.Tests.Trainers;

/// <summary>What a banner remarks on: keys that do nothing, and schedules that never reach their peak.</summary>
public class RemarkTests
{
    [Theory]
    [InlineData("adamw", "optimizer.momentum", "0.5", true)]
    [InlineData("adamw", "optimizer.momentumWarmup", "30", true)]
    [InlineData("adamw", "optimizer.orthogonalizer", "newton-schulz/jordan5", true)]
    [InlineData("adamw", "optimizer.weightDecay", "0.1", false)]
    [InlineData("soap", "optimizer.momentum", "0.5", true)]
    [InlineData("shampoo", "optimizer.momentum", "0.5", true)]
    [InlineData("sgd", "optimizer.auxiliary.beta1", "0.5", true)]
    [InlineData("sgd", "optimizer.preset", "torch", true)]
    [InlineData("sgd", "optimizer.momentum", "0.5", false)]
    [InlineData("muon", "optimizer.momentum", "0.5", false)]
    [InlineData("normuon", "optimizer.momentumWarmup", "30", false)]
    public void A_key_that_the_optimizer_does_not_use_is_remarked_on(string name, string key, string value, bool remarked)
    {
        TrainingConfig config = new TrainingConfigBuilder().Set("optimizer.name", name).Set(key, value).Build();
        Assert.Equal(remarked ? [$"[config] {key} is set, but optimizer.name={name} does not use it"] : [], UnusedKeys.Remarks(config));
    }

    [Fact]
    public void A_key_that_the_schedule_does_not_use_is_remarked_on() => Assert.Equal(
        ["[config] optimizer.schedule.decayShare is set, but optimizer.schedule.name=cosine does not use it"],
        UnusedKeys.Remarks(new TrainingConfigBuilder().Set("optimizer.schedule.name", "cosine").Set("optimizer.schedule.decayShare", "0.1").Build()));

    [Fact]
    public void Nobody_set_what_the_presets_hold() => Assert.All(
        OptimizerKinds.Names, name => Assert.Empty(UnusedKeys.Remarks(new TrainingConfigBuilder().Set("optimizer.name", name).Build())));

    [Theory]
    [InlineData("warmup-stable-decay", 1500, 1)]
    [InlineData("warmup-stable-decay", 12, 0.2625)]
    [InlineData("constant", 12, 0.6)]
    [InlineData("cosine", 20, 1)]
    public void The_greatest_factor_is_the_one_that_is_reached(string name, int steps, double factor) => Assert.Equal(
        factor, ScheduleKinds.GreatestFactor(new() { Name = name, Warmup = 20, DecayShare = 0.7 }, steps), 1e-12);
}
