using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class OptimizerChoiceTests
{
    [Fact]
    public void A_name_may_carry_settings_whose_keys_lie_below_optimizer()
    {
        OptimizerChoice choice = OptimizerChoice.Parse("muon:preset=torch; optimizer.orthogonalizer = zolotarev/3");
        Assert.Equal("muon:preset=torch; optimizer.orthogonalizer = zolotarev/3", choice.Label);
        Assert.Equal("muon", choice.Name);
        Assert.Equal([new("optimizer.preset", "torch"), new("optimizer.orthogonalizer", "zolotarev/3")], choice.Settings);
    }

    [Fact]
    public void A_list_has_commas_between()
    {
        Assert.Equal(["adamw", "muon:preset=torch", "soap"], OptimizerChoice.ParseList("adamw, muon:preset=torch,soap").Select(choice => choice.Label));
        Assert.Empty(OptimizerChoice.ParseList(""));
        Assert.Equal(
            ["muon:preset=torch;coefficients=[[3,-4,2],[2,-1.5,0.5]]", "lion:beta2=0.9"],
            OptimizerChoice.ParseList("muon:preset=torch;coefficients=[[3,-4,2],[2,-1.5,0.5]], lion:beta2=0.9").Select(choice => choice.Label));
        Assert.Equal(2, OptimizerChoice.ParseList("muon:nesterov=false,muon:scale=none").Select(choice => choice.Compose().Options).Distinct().Count());
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_list_is_said_at_once()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => OptimizerChoice.ParseList("addamw,muon:torch,soap:name=muon"));
        Assert.Collection(
            error.Problems,
            problem => Assert.EndsWith("'addamw' came; did you mean 'adamw'?", problem, StringComparison.Ordinal),
            problem => Assert.Contains("'muon:torch' came", problem, StringComparison.Ordinal),
            problem => Assert.Contains("'soap:name=muon' came", problem, StringComparison.Ordinal));
    }
}
