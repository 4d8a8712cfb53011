# shellcheck shell=bash disable=SC2154
# Scenario: the demo tells its story

when "the story is told"
expect_exit 0 bash examples/demo/story.sh
then_ "it ends where it began"
expect_broken_world
